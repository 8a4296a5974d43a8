/** A website of made-up pages with a sitemap: `node site.ts PAGES`. A page has three sections of 60 words, about 500 tokens. */
import { createServer } from 'node:http'
import { makeHandbook } from '../corpus.ts'

const pages = Number(process.argv[2])
const sections = 3
const handbook = makeHandbook(pages * sections, 60)

function pageAt(number: number): string {
  const parts = handbook.passages.slice(number * sections, (number + 1) * sections)
  const menu = Array.from({ length: 20 }, (_, at) => `<li><a href="/pages/${at}">Chapter ${at}</a></li>`).join('')
  return `<!doctype html><html lang="en"><head><title>Chapter ${number}</title></head><body>
    <nav><ul>${menu}</ul></nav><main><h1>Chapter ${number}</h1>
    ${parts.map((text, at) => `<h2>Section ${number}.${at}</h2><p>${text}</p>`).join('\n')}
    </main><footer><p>Made up. All rights reserved.</p></footer></body></html>`
}

const server = createServer((request, response) => {
  const number = /^\/pages\/(\d+)$/.exec(request.url ?? '')?.[1]
  if (number !== undefined) response.writeHead(200, { 'content-type': 'text/html' }).end(pageAt(Number(number)))
  else if (request.url === '/sitemap.xml') response.writeHead(200, { 'content-type': 'application/xml' }).end(sitemap())
  else response.writeHead(404).end()
})

function sitemap(): string {
  const { port } = address()
  const urls = Array.from({ length: pages }, (_, at) => `<url><loc>http://127.0.0.1:${port}/pages/${at}</loc></url>`)
  return `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join('')}</urlset>`
}

function address(): { port: number } {
  const at = server.address()
  if (at === null || typeof at === 'string') throw new Error('the site does not listen on a port')
  return at
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address().port}` })}\n`)
})
