import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from './browser.ts'
import { bundleForPage } from './widget-build.ts'

let browser: Browser
let page: Page

/** What the page offers: the nodes of a text written in the given steps, as HTML. */
declare function written(steps: string[]): string

beforeAll(async () => {
  const scripts = ['markdown', 'rare'].map((name) =>
    bundleForPage(join(import.meta.dirname, `../widget/src/${name === 'rare' ? 'markdown/rare' : name}.ts`), name),
  )
  browser = await launchBrowser()
  page = await browser.newPage()
  for (const content of await Promise.all(scripts)) await page.addScriptTag({ content })
  await page.addScriptTag({
    content: `function written(steps) {
      const root = document.createElement('div')
      document.body.replaceChildren(root)
      const cite = (index) => Object.assign(document.createElement('button'), { textContent: index })
      const rarely = rare.createRare('Copy')
      const write = markdown.createMarkdown(root, { cite, rare: () => rarely })
      steps.forEach((text, i) => write(text, i < steps.length - 1))
      return root.innerHTML
    }`,
  })
})
afterAll(() => browser.close())

const show = (text: string) => page.evaluate((whole) => written([whole]), text)

describe('reads', () => {
  test.each([
    ['a *b* **c** ~~d~~ `e*f*` g_h_i', '<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e*f*</code> g_h_i</p>'],
    [
      '***both***, **bold *and* more**',
      '<p><strong><em>both</em></strong>, <strong>bold <em>and</em> more</strong></p>',
    ],
    ['2 * 3 * 4, a ** b, *open', '<p>2 * 3 * 4, a ** b, *open</p>'],
    ['# One\n#### Four\n#no', '<h3>One</h3><h4>Four</h4><p>#no</p>'],
    ['one\ntwo<br>three\n\nnext', '<p>one<br>two<br>three</p><p>next</p>'],
    [
      '- a\n  - b\n- c\n\n1. x\n2. y',
      '<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul><ol start="1"><li><p>x</p></li><li><p>y</p></li></ol>',
    ],
    ['7. seven\n\n   more', '<ol start="7"><li><p>seven</p><p>more</p></li></ol>'],
    ['> a\n> - b\n\nc', '<blockquote><p>a</p><ul><li><p>b</p></li></ul></blockquote><p>c</p>'],
    ['a\n\n---\n\nb', '<p>a</p><hr><p>b</p>'],
    ['Sold in\n2024. was good', '<p>Sold in<br>2024. was good</p>'],
    ['\\*a\\* \\[1\\] <b>&amp;</b>', '<p>*a* [1] &lt;b&gt;&amp;amp;&lt;/b&gt;</p>'],
    ['`` a`b `` and ``` open', '<p><code>a`b</code> and ``` open</p>'],
    [
      'Yes [1][2], or [1, 3].',
      '<p>Yes <button>1</button><button>2</button>, or <button>1</button><button>3</button>.</p>',
    ],
    ['list[0] [x] [100]', '<p>list[0] [x] [100]</p>'],
  ])('%j', async (text, html) => {
    expect(await show(text)).toBe(html)
  })

  test('tables', async () => {
    const html = await show('| a | b |\n|:--|--:|\n| 1 \\| 2 | `c` |\n| 3 |')
    expect(html).toBe(
      '<div class="table" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead>' +
        '<tbody><tr><td>1 | 2</td><td><code>c</code></td></tr><tr><td>3</td><td></td></tr></tbody></table></div>',
    )
  })

  test('code, as it stands', async () => {
    const html = await show('```ts\nlet a = `<b>`\n\n  **x**\n```\nafter')
    expect(html).toContain('<span>ts</span>')
    expect(html).toContain('<code>let a = `&lt;b&gt;`\n\n  **x**</code>')
    expect(html).toMatch(/<p>after<\/p>$/)
  })

  test.each([
    ['Run this:\n```bash\nnpm start\n```\nThen', '<p>Run this:</p>CODE<p>Then</p>'],
    ['Run this:\n~~~bash\nnpm start\n~~~\nThen', '<p>Run this:</p>CODE<p>Then</p>'],
    ['- Run:\n  ```bash\n  npm start\n  ```\n  Then', '<ul><li><p>Run:</p>CODE<p>Then</p></li></ul>'],
    ['- Run:\n```bash\nnpm start\n```', '<ul><li><p>Run:</p></li></ul>CODE'],
    ['> Run:\n> ```bash\n> npm start\n> ```\n> Then', '<blockquote><p>Run:</p>CODE<p>Then</p></blockquote>'],
  ])('code right after a line of text: %j', async (text, html) => {
    const code =
      '<div class="code" dir="ltr"><div class="bar"><span>bash</span><button type="button">Copy</button></div>' +
      '<pre tabindex="0"><code>npm start</code></pre></div>'
    expect(await show(text)).toBe(html.replace('CODE', code))
  })

  test('links to http, https and mailto as places that lead nowhere yet', async () => {
    const anchor = (to: string, text: string) => `<a data-to="${to}">${text}</a>`
    expect(await show('[a **b**](https://x.test/(1)) ![i](http://x.test/i.png) [m](mailto:a@x.test)')).toBe(
      `<p>${anchor('https://x.test/(1)', 'a <strong>b</strong>')} ${anchor('http://x.test/i.png', 'i')} ${anchor('mailto:a@x.test', 'm')}</p>`,
    )
    expect(await show('See https://x.test/a_b?c=1. (https://x.test)')).toBe(
      `<p>See ${anchor('https://x.test/a_b?c=1', 'https://x.test/a_b?c=1')}. (${anchor('https://x.test/', 'https://x.test')})</p>`,
    )
    const to = anchor('https://x.test/a', 'x')
    expect(await show('[x](https://x.test/a "A (title)") [x](<https://x.test/a>), [x](https://x.test/a \'t\' )')).toBe(
      `<p>${to} ${to}, ${to}</p>`,
    )
    expect(await show('<https://x.test/a>. [x](https://x.test/a "open) <http')).toBe(
      `<p>${anchor('https://x.test/a', 'https://x.test/a')}. [x](${anchor('https://x.test/a', 'https://x.test/a')} "open) &lt;http</p>`,
    )
  })

  test('a mail address without what a model would write for the visitor', async () => {
    expect(await show('[m](mailto:a@x.test?bcc=evil@x.test&body=Hi)')).toBe('<p><a data-to="mailto:a@x.test">m</a></p>')
  })
})

const samples = [
  'Refunds take **three to five** days [1].\n\n1. Open *Orders*\n2. Choose `Return`\n   - keep the label\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nSee [the page](https://x.test/a(b)) or https://x.test.',
  'a | b\nno table\n| x | y |\nnor here\n\n| x | y |\n| - | - |\n| 1 | 2 |\nafter',
  '> quote\n> ```js\n> let a = 1\n> ```\n\n***bold?*** and ~~gone~~\n***\n\n```\nfence\n````\n~~~\nstill\n',
  'Run:\n```sh\nls\n```\nthen [x](https://x.test/a "t") or [y](<https://x.test/b>), <https://x.test>.\n- Run:\n  ~~~\n  ls\n  ~~~\n  ok',
  '- a\n- b\n\n  c\n\nd\n* e\n1) f\n\n\n# h #\n\r\n--- x\r\n\\*no\\* `a\nb` _x_y_ <br/>z ![i](https://x.test)',
]

const payloads = [
  '<script>window.hit = 1</script><img src=x onerror=hit=1><svg onload=hit=1>',
  '[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](java\tscript:alert(1)) [d]( javascript:alert(1))',
  '[a](data:text/html,<script>1</script>) [b](vbscript:x) [c](file:///etc/passwd) [d](//evil.test) [e](/x)',
  '![x](x" onerror="hit=1) ![y](https://x.test/y.png" onload="hit=1)',
  '[x](https://x.test/"onmouseover="hit=1) <https://x.test/"onclick="hit=1">',
  '```html\n<script>hit=1</script>\n```\n`<img onerror=hit=1>`\n\n| <b onclick=hit=1> |\n|---|\n| <iframe src=javascript:hit=1> |',
  '<a href="javascript:hit=1">x</a> <style>*{display:none}</style> <!-- <script> --> &lt;script&gt;',
  '[<img src=x onerror=hit=1>](https://x.test) **<script>hit=1</script>** # <svg>\n# <script>hit=1</script>\n- <script>hit=1</script>',
  '[a](javascript&colon;alert(1)) [b](&#106;avascript:alert(1)) [c](\\javascript:alert(1)) [d](https:\\\\evil.test)',
]

describe('written in pieces', () => {
  test.each([...samples, ...payloads])('%j, split anywhere, ends as the same nodes', async (text) => {
    const different = await page.evaluate((whole) => {
      const final = written([whole])
      const halves = Array.from(whole, (_, i) => i).filter((i) => written([whole.slice(0, i), whole]) !== final)
      const letters = Array.from({ length: whole.length }, (_, i) => whole.slice(0, i + 1))
      return [...halves, ...(written([...letters, whole]) === final ? [] : ['letter by letter'])]
    }, text)
    expect(different).toEqual([])
  })

  test.each(payloads)('%j is harmless at every length', async (text) => {
    const harmful = await page.evaluate((whole) => {
      const found: string[] = []
      for (let end = 1; end <= whole.length; end++) {
        written(Array.from({ length: end }, (_, i) => whole.slice(0, i + 1)))
        for (const element of document.body.querySelectorAll('*')) {
          if (/^(SCRIPT|IMG|SVG|IFRAME|STYLE)$/i.test(element.tagName)) found.push(element.outerHTML)
          for (const { name, value } of element.attributes) {
            if (
              /^(on|style|src)/.test(name) ||
              name === 'href' ||
              (name === 'data-to' && !/^(https?|mailto):/.test(value))
            )
              found.push(element.outerHTML)
          }
        }
      }
      return [found, Reflect.get(window, 'hit')]
    }, text)
    expect(harmful).toEqual([[], undefined])
  })

  test.each(samples)('%j: what is rare waits for its reader, which may come at any time', async (text) => {
    const faults = await page.evaluate((whole) => {
      const final = written([whole])
      const { createMarkdown } = Reflect.get(window, 'markdown')
      const rarely = Reflect.get(window, 'rare').createRare('Copy')
      const found: unknown[] = []
      for (let arrival = 0; arrival <= whole.length; arrival++) {
        const root = document.createElement('div')
        let known: unknown = null
        const cite = (index: number) => Object.assign(document.createElement('button'), { textContent: `${index}` })
        const write = createMarkdown(root, { cite, rare: () => known })
        for (let end = 0; end < whole.length; end++) {
          if (end === arrival) known = rarely
          write(whole.slice(0, end), true)
          if (!known && /[|>]|```|~~~|https?:/.test(root.textContent ?? '')) found.push([arrival, end, root.innerHTML])
        }
        known = rarely
        write(whole, false)
        if (root.innerHTML !== final) found.push([arrival, root.innerHTML])
      }
      return found
    }, text)
    expect(faults).toEqual([])
  })

  test('what is finished stays the same node', async () => {
    const kept = await page.evaluate(() => {
      written(['First.\n\nSecond', 'First.\n\nSecond'])
      const root = document.body.firstElementChild
      const write = Reflect.get(window, 'markdown').createMarkdown(root, { cite: () => null, rare: () => null })
      write('First.\n\nSec', true)
      const before = [root?.children[0], root?.children[1]?.firstChild]
      write('First.\n\nSecond **and', true)
      write('First.\n\nSecond **and** more\n\nThird', true)
      return [root?.children[0] === before[0], root?.children[1]?.firstChild === before[1], root?.textContent]
    })
    expect(kept).toEqual([true, true, 'First.Second and moreThird'])
  })
})

describe('100,000 hostile characters end', () => {
  const unit = 100_000
  test.each([
    [
      '*a **b ',
      '_a',
      '**',
      '[',
      '[a](',
      '](',
      '![a](b ',
      '`',
      '` `` ``` ',
      '```\n',
      '~~~ x',
      '<',
      '<br',
      'http://',
      'https://a))))',
    ],
    [
      '> ',
      '> > >\n',
      '- ',
      '- a\n  ',
      '1. ',
      '#',
      '# ',
      '|',
      '| a ',
      '|-|\n',
      '- - - x',
      '\\',
      '\n',
      ' ',
      '\t',
      '[1',
      '[1,',
      '***a',
      '[a](b "',
      "[a](b 'x",
      '[a](<b ',
      '<http://a',
    ],
  ])('%j', async (...pieces) => {
    for (const piece of pieces) {
      const text = piece.repeat(unit / piece.length)
      const texts = [text, `${text} x`, `~~~${text} \``]
      const lengths = await page.evaluate((all) => all.map((one) => written([one]).length), texts)
      expect(lengths).toHaveLength(3)
    }
  })
})
