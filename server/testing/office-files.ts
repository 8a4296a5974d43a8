/** Small PDF and DOCX files for tests, and harmful ones. */
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'

/** Pages of lines `[size, y, text]`; `trailer` goes into the trailer, `info` into the document's information. */
export function pdfOf(pages: [size: number, y: number, text: string][][], { info = '', trailer = '' } = {}): Buffer {
  const kids = pages.map((_, at) => `${4 + 2 * at} 0 R`).join(' ')
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...pages.flatMap((lines, at) => {
      const text = lines.map(([size, y, line]) => `BT /F ${size} Tf 1 0 0 1 72 ${y} Tm (${line}) Tj ET`).join('\n')
      return [
        `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents ${5 + 2 * at} 0 R>>`,
        `<</Length ${text.length}>>stream\n${text}\nendstream`,
      ]
    }),
    `<<${info}>>`,
  ]
  return pdfOfObjects(objects, `/Info ${objects.length} 0 R ${trailer}`)
}

export function pdfOfObjects(objects: string[], trailer = ''): Buffer {
  let pdf = '%PDF-1.7\n'
  const offsets = objects.map((object, at) => {
    const offset = pdf.length
    pdf += `${at + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const xref = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`
  const end = `trailer\n<</Size ${objects.length + 1}/Root 1 0 R${trailer}>>\nstartxref\n${pdf.length}\n%%EOF\n`
  return Buffer.from(pdf + xref + end, 'latin1')
}

/** A PDF of one line whose objects, and `count` others, lie packed in one stream: a few MB hold a million. */
export function packedPdfOf(line: string, count: number): Buffer {
  const packed = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>/Contents ${count + 5} 0 R>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...Array<string>(count).fill('0'),
  ]
  const table = Buffer.alloc((packed.length + 4) * 8)
  const setEntry = (id: number, type: number, value: number, index: number) =>
    table.writeUIntBE(index, table.writeUInt32BE(value, table.writeUInt8(type, id * 8)), 3)
  let pdf = '%PDF-1.7\n'
  const addStream = (id: number, fields: string, body: string) => {
    setEntry(id, 1, pdf.length, 0)
    pdf += `${id} 0 obj\n<<${fields}/Length ${body.length}>>stream\n${body}\nendstream\nendobj\n`
  }
  const [text, objects, entries] = [count + 5, count + 6, count + 7]
  addStream(text, '', `BT /F 12 Tf 72 700 Td (${line}) Tj ET`)
  let offset = 0
  const offsets = packed.map((object, at) => {
    setEntry(at + 1, 2, objects, at)
    const here = `${at + 1} ${offset} `
    offset += object.length + 1
    return here
  })
  const head = offsets.join('')
  addStream(
    objects,
    `/Type/ObjStm/N ${packed.length}/First ${head.length}/Filter/FlateDecode`,
    deflateSync(head + packed.join(' ')).toString('latin1'),
  )
  const start = pdf.length
  setEntry(entries, 1, start, 0)
  addStream(
    entries,
    `/Type/XRef/Size ${entries + 1}/W[1 4 3]/Root 1 0 R/Filter/FlateDecode`,
    deflateSync(table).toString('latin1'),
  )
  return Buffer.from(`${pdf}startxref\n${start}\n%%EOF\n`, 'latin1')
}

/** `declared` is the size that the entry says it has, where that is a lie. */
export function zipOf(entries: [name: string, content: string | Buffer, declared?: number][]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content, declared] of entries) {
    const body = Buffer.from(content)
    const packed = deflateRawSync(body)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(crc32(body), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(declared ?? body.length, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const at = Buffer.alloc(14)
    at.writeUInt32LE(offset, 10)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed])
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), fields, at, Buffer.from(name))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end])
}

/** A Word document of the given body, with other entries besides or instead. */
export function docxOf(
  body: string,
  others: [name: string, content: string | Buffer, declared?: number][] = [],
): Buffer {
  const types = 'http://schemas.openxmlformats.org/package/2006/content-types'
  const relations = 'http://schemas.openxmlformats.org/package/2006/relationships'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
  return zipOf([
    [
      '[Content_Types].xml',
      `<Types xmlns="${types}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    ],
    [
      '_rels/.rels',
      `<Relationships xmlns="${relations}"><Relationship Id="r1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`,
    ],
    ['word/document.xml', `<w:document xmlns:w="${word}" xmlns:r="${office}"><w:body>${body}</w:body></w:document>`],
    ...others,
  ])
}
