import { describe, expect, test } from 'vitest'
import { answerTo, builtInChatModel } from './built-in.ts'
import type { ChatModelRequest } from './models.ts'

const plans = `## Plans

Every workspace has a plan, and the plan sets how many messages its bots may answer in a month.

| Plan | Messages / month | Sources |
| --- | ---: | --- |
| Free | 100 | 10 |
| Pro | 5,000 | 100 |

A *successful* assistant reply counts; a failed stream does not. Quotas reset on the first of each month.`

const keys = `A key has a public id and allowed domains.

### How do I add a key?

To add a key:

1. Open the bot in the dashboard.
2. Choose **Keys**, then **New key**.
3. Enter the domains that may use it.

### What happens when I revoke a key?

Revoking takes effect at once. It cannot be undone.

\`\`\`html
<script src="revoke-a-key.js"></script>
\`\`\``

const shop = `Do you refund purchases? Refunds are made within 14 days.[3] Write to billing@example.com to ask for one.`

const hilfe = `Rückerstattungen werden innerhalb von 14 Tagen bearbeitet. Schreiben Sie uns dazu eine E-Mail. Der Versand innerhalb
Deutschlands dauert zwei bis drei Werktage. Für Lieferungen in die Schweiz fallen Zollgebühren an, die der Empfänger
trägt. Unser Lager ist von Montag bis Freitag besetzt, und am Wochenende wird nichts verschickt.`

const unknown = 'I do not know.'

function requestFor(
  questions: string | string[],
  ...texts: { title?: string; text: string; score: number }[]
): ChatModelRequest {
  return {
    model: 'built-in',
    system: '',
    messages: [questions].flat().map((content) => ({ role: 'user', content })),
    evidence: texts.map((one, at) => ({ number: at + 1, title: '', ...one })),
    unknownAnswer: unknown,
    temperature: null,
    maxOutputTokens: 500,
  }
}

const guide = [
  { title: 'Guide › Plans', text: plans, score: 0.5 },
  { title: 'Guide › Keys', text: keys, score: 0.45 },
  { title: 'Shop', text: shop, score: 0.4 },
]
const answer = (...questions: string[]) => answerTo(requestFor(questions, ...guide))

describe('the built-in model', () => {
  test.each([
    ['a sentence', 'When do quotas reset?', 'Quotas reset on the first of each month. [1]'],
    [
      'a row, by the column that is asked for',
      'How many messages does the Free plan have?',
      'Free – Messages / month: 100 [1]',
    ],
    ['another column', 'How many sources can I have on Pro?', 'Pro – Sources: 100 [1]'],
    [
      'what stands under a question',
      'What happens if I revoke a key?',
      'Revoking takes effect at once. [2] It cannot be undone. [2]',
    ],
    ['a source’s own footnotes are no citations', 'How long do refunds take?', 'Refunds are made within 14 days. [3]'],
  ])('%s', (_, question, expected) => {
    expect(answer(question)).toBe(expected)
  })

  test('steps come whole and in order', () => {
    expect(answer('How do I add a key?')).toBe(
      'To add a key:\n\n1. Open the bot in the dashboard. [2]\n2. Choose **Keys**, then **New key**. [2]\n3. Enter the domains that may use it. [2]',
    )
  })

  test('a table comes whole when all of it is asked for', () => {
    expect(answer('Which plans are there?')).toBe(
      '- Free – Messages / month: 100, Sources: 10 [1]\n- Pro – Messages / month: 5,000, Sources: 100 [1]',
    )
  })

  test('an example comes with the line that introduces it', () => {
    const text =
      'Works everywhere.\n\nAdd this line to the page:\n\n```html\n<script src="widget.js"></script>\n```\n\nReload it.'
    const request = requestFor('How do I add the widget?', {
      title: 'Start › How do I put the chat on my page?',
      text,
      score: 0.6,
    })
    expect(answerTo(request)).toBe('Add this line to the page: [1]\n\n```html\n<script src="widget.js"></script>\n```')
  })

  test('under a title that asks the same, what is said first is the answer', () => {
    const text =
      'No. Only whole replies count. Those that failed do not.\n\nWhat a message is differs from product to product.'
    const request = requestFor('What counts as a message?', {
      title: 'Quotas › What counts as a message?',
      text,
      score: 0.6,
    })
    expect(answerTo(request)).toMatch(/^Only whole replies count\. \[1\]/)
  })

  test('a question that goes on with the one before', () => {
    expect(answer('How many messages does the Free plan have?', 'And Pro?')).toBe('Pro – Messages / month: 5,000 [1]')
  })

  test.each(['Do you deliver to Mars?', 'What is the capital of France?', 'Tell me a joke', '???', ''])(
    'what the evidence does not say is not known: %s',
    (question) => {
      expect(answer(question)).toBe(unknown)
    },
  )

  test('no evidence, no answer', () => {
    expect(answerTo(requestFor('When do quotas reset?'))).toBe(unknown)
  })

  test('evidence that is close in meaning answers without a common word', () => {
    const request = requestFor('How do I get my money back?', { text: shop, score: 0.7 }, { text: plans, score: 0.3 })
    expect(answerTo(request)).toBe('Refunds are made within 14 days. [1]')
  })

  test('other languages', () => {
    expect(answerTo(requestFor('Wie lange dauert eine Rückerstattung?', { text: hilfe, score: 0.5 }))).toBe(
      'Rückerstattungen werden innerhalb von 14 Tagen bearbeitet. [1]',
    )
    const text = '退款将在十四天内处理。您可以通过电子邮件联系我们。订单满五十元免运费。'
    expect(answerTo(requestFor('退款需要多久？', { text, score: 0.5 }))).toBe('退款将在十四天内处理。 [1]')
  })

  test('every sentence that is quoted stands in the evidence that it names', () => {
    const questions = [
      'When do quotas reset?',
      'What happens if I revoke a key?',
      'Does a failed stream count as a reply?',
    ]
    for (const question of questions) {
      const quotes = [...answer(question).matchAll(/(.+?) \[(\d)\] ?/g)]
      expect(quotes.length).toBeGreaterThan(0)
      for (const [, quote = '', number] of quotes) expect(guide[Number(number) - 1]?.text).toContain(quote)
    }
  })

  test('streams its answer a few words at a time', async () => {
    const chunks: string[] = []
    let finish: unknown
    for await (const chunk of builtInChatModel.stream(
      requestFor('When do quotas reset?', ...guide),
      AbortSignal.timeout(5_000),
    )) {
      if ('text' in chunk) chunks.push(chunk.text)
      else finish = chunk
    }
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks.join('')).toBe('Quotas reset on the first of each month. [1]')
    expect(finish).toEqual({ finish: 'stop', usage: null })
  })
})
