import { describe, expect, test } from 'vitest'
import { docxOf, pdfOf, zipOf } from '../../testing/office-files.ts'
import { extractDocx } from './extract-docx.ts'
import { extractPdf } from './extract-pdf.ts'

describe('PDF', () => {
  const page: [number, number, string][] = [
    [24, 760, 'Returns'],
    [12, 720, 'Goods can be re-'],
    [12, 706, 'turned within thirty'],
    [12, 692, 'days.'],
    [12, 640, 'We pay for it.'],
  ]

  test('lines become paragraphs, large type a heading, and a form feed stands where a page begins', async () => {
    const file = pdfOf([page, [[12, 720, 'The second page.']]], { info: '/Title (Terms of sale)' })
    expect(await extractPdf(file)).toMatchObject({
      title: 'Terms of sale',
      markdown: '# Returns\n\nGoods can be returned within thirty days.\n\nWe pay for it.\n\f\nThe second page.',
    })
  })

  test.each([
    ['pictures of text alone › scanned', pdfOf([[]]), 'scanned'],
    ['empty › file_invalid', Buffer.alloc(0), 'file_invalid'],
    ['no PDF at all › file_invalid', Buffer.from('<html>'), 'file_invalid'],
  ])('%s', async (_name, file, code) => {
    await expect(extractPdf(file)).rejects.toMatchObject({ code })
  })
})

describe('DOCX', () => {
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
  const text = (words: string) => `<w:p><w:r><w:t>${words}</w:t></w:r></w:p>`
  const relations = (type: string, target: string, mode = ''): [string, string] => [
    'word/_rels/document.xml.rels',
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="p" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"${mode}/></Relationships>`,
  ]
  const nested = (tables: number) =>
    '<w:tbl><w:tr><w:tc>'.repeat(tables) + text('innermost') + '</w:tc></w:tr></w:tbl>'.repeat(tables)
  const deep = '<w:p>'.repeat(200_000) + '</w:p>'.repeat(200_000)
  const laughs = `<!DOCTYPE a [<!ENTITY b "${'ha'.repeat(1_000)}"><!ENTITY c "${'&b;'.repeat(1_000)}">]><a>&c;</a>`

  test('headings and tables are kept', async () => {
    const heading = '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Returns</w:t></w:r></w:p>'
    const cells = ['Country', 'Days'].map((name) => `<w:tc>${text(name)}</w:tc>`).join('')
    const { markdown } = await extractDocx(
      docxOf(`${heading}${text('Within thirty days.')}<w:tbl><w:tr>${cells}</w:tr></w:tbl>`),
    )
    expect(markdown).toContain('# Returns\n\nWithin thirty days.')
    expect(markdown).toMatch(/\| *Country *\| *Days *\|/)
  })

  test.each([
    ['a name that leads out', docxOf(text('a'), [['../../x.xml', '<a/>']])],
    ['an absolute name', docxOf(text('a'), [['/etc/x.xml', '<a/>']])],
    [
      '2,001 entries',
      docxOf(
        text('a'),
        Array.from({ length: 2_001 }, (_, n) => [`${n}.txt`, '']),
      ),
    ],
    ['more than 100 MB', docxOf(text('a'), [['word/a.bin', Buffer.alloc(101 * 1024 * 1024)]])],
    [
      'more than 100 MB that say they are 9 bytes',
      docxOf(text('a'), [['word/a.bin', Buffer.alloc(101 * 1024 * 1024), 9]]),
    ],
    ['a document type with entities', docxOf(text('a'), [['word/b.xml', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']])],
    ['entities within entities', docxOf(text('a'), [['word/b.xml', laughs]])],
    [
      'a part of the text that is called no XML',
      docxOf(text('a'), [['word/styles.bin', '<a/>'], relations('styles', 'styles.bin')]),
    ],
    ['XML that is none', docxOf('<w:p>')],
    ['a zip of other things', zipOf([['a.txt', 'a']])],
    ['no zip', Buffer.from('PK\x03\x04 and then nothing')],
  ])('%s › file_invalid', async (_name, file) => {
    await expect(extractDocx(file)).rejects.toMatchObject({ code: 'file_invalid' })
  })

  test.each([
    ['tables 20 deep', docxOf(nested(20))],
    ['200,000 elements within each other', docxOf(deep)],
    ['a million references', docxOf(text('&#65;'.repeat(1_000_000)))],
    [
      'a note that is shown 500 times',
      docxOf('<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'.repeat(500), [
        [
          'word/footnotes.xml',
          `<w:footnotes xmlns:w="${word}"><w:footnote w:id="1">${text('a '.repeat(1_000))}</w:footnote></w:footnotes>`,
        ],
      ]),
    ],
  ])('%s › too_complex', async (_name, file) => {
    await expect(extractDocx(file)).rejects.toMatchObject({ code: 'too_complex' })
  })

  test('tables 19 deep, and a text of 400,000 references › read', async () => {
    expect((await extractDocx(docxOf(nested(19)))).markdown).toContain('innermost')
    expect((await extractDocx(docxOf(text('&#65;'.repeat(400_000))))).markdown).toHaveLength(400_000)
  })

  test.each([
    ['its own title', ' Terms of <b>old</b>sale ', ' Terms of sale '],
    ['none where it is empty', '', ''],
  ])('%s', async (_name, title, found) => {
    const core = `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>A person</dc:creator><dc:title>${title}</dc:title></cp:coreProperties>`
    expect(await extractDocx(docxOf(text('a'), [['docProps/core.xml', core]]))).toMatchObject({ title: found })
  })

  test('a picture outside the file is not read', async () => {
    const drawing = `<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="p"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
    const file = docxOf(text('Before.') + drawing + text('After.'), [
      relations('image', 'file:///etc/passwd', ' TargetMode="External"'),
    ])
    const { markdown } = await extractDocx(file)
    expect(markdown).not.toContain('root:')
    expect(markdown).toContain('After.')
  })
})
