/** The whole of retrieval with the real built-in model: what is found, what is refused, in several languages. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { silentLog as log } from '../platform/log.ts'
import { openMiniLm } from '../platform/models/minilm.ts'
import type { EmbeddingModel, ModelMessage } from '../platform/models/models.ts'
import { calibrate, indexPage, search } from './knowledge.ts'
import { offTopicQuestions } from './off-topic-questions.ts'
import { newBot, newPage, type TestBot } from './testing.ts'

const english = {
  Prices: 'A day ticket is twelve euros. Students and apprentices pay half on showing their card.',
  Hours: 'The museum is open from ten to six. On Mondays it remains closed.',
  Directions: 'Take tram 4 to the harbour stop. There is a garage behind the building for those who come by car.',
  Pets: 'Guide dogs are welcome. Other animals have to stay outside.',
  Photography: 'Pictures may be taken for private use, without flash and without a tripod.',
  Membership: 'Friends of the museum come in free all year and bring one guest. It is renewed each January.',
}

const german = {
  Rückgabe: 'Bücher müssen spätestens nach vier Wochen zurückgebracht werden. Die Verlängerung ist zweimal möglich.',
  Ausweis: 'Den Benutzerausweis stellen wir gegen Vorlage eines Personalausweises aus. Er kostet nichts.',
  Lesesaal: 'Im Lesesaal ist das Telefonieren untersagt. Getränke in verschließbaren Flaschen sind erlaubt.',
  Mahnung: 'Wer die Frist überschreitet, zahlt eine Mahngebühr von einem Euro je Medium und Woche.',
}

const chinese = {
  退款: '退款将在五个工作日内原路退回到您的付款账户。',
  配送: '订单通常在四十八小时内发货，偏远地区需要更长时间。',
  保修: '所有电器享有两年保修，人为损坏不在保修范围内。',
  发票: '电子发票会在发货后发送到您的邮箱。',
}

describe.each(lanes)('$name', (lane) => {
  let database: TestDatabase
  let embeddings: EmbeddingModel & AsyncDisposable
  let bot: TestBot
  beforeAll(async () => {
    ;[database, embeddings] = await Promise.all([lane.open(), openMiniLm()])
    bot = await botThatKnows(english)
  })
  afterAll(async () => {
    await embeddings[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  async function botThatKnows(pages: Record<string, string>): Promise<TestBot> {
    const { db } = database
    const made = await newBot(db)
    for (const [title, text] of Object.entries(pages)) {
      const page = { pageId: await newPage(db, made), title, language: null }
      await indexPage({ db, embeddings }, made.workspaceId, made.botId, page, [{ text, headings: [], tokens: 30 }])
    }
    await calibrate({ db, embeddings }, made.workspaceId, made.botId)
    return made
  }

  const ask = ({ workspaceId, botId }: TestBot, question: string, history: ModelMessage[] = []) =>
    search({ db: database.db, embeddings, log }, workspaceId, botId, { question, history })

  test.each([
    ['How much is the entrance fee?', 'Prices'],
    ['Can I visit at the beginning of the week?', 'Hours'],
    ['Where do I leave my vehicle?', 'Directions'],
    ['May I bring my puppy?', 'Pets'],
    ['Is it allowed to use a camera?', 'Photography'],
  ])('search › %s → %s, though the words differ', async (question, title) => {
    const result = await ask(bot, question)
    expect(result.passages[0]?.title).toBe(title)
    expect(result.verdict).not.toBe('unknown')
  })

  test('search › what the pages do not say is refused: nine in ten everyday questions of none of the calibration’s', async () => {
    const questions = [
      'Who painted the ceiling of my bathroom?',
      'How do I change a flat tyre?',
      'What is the best way to cook rice?',
      'Can you order me a pizza?',
      'Why is my internet slow?',
      'What is nine times seven?',
      'Did my team win the cup?',
      'How do I file for divorce?',
      'Which phone should I buy?',
      'Tell me something funny',
    ]
    expect(questions.some((question) => offTopicQuestions.includes(question))).toBe(false)
    const verdicts = await Promise.all(questions.map(async (question) => (await ask(bot, question)).verdict))
    expect(verdicts.filter((verdict) => verdict === 'unknown').length).toBeGreaterThanOrEqual(9)
  })

  test('calibrate › thresholds from .35 on, a fifth apart, and as search then reports them', async () => {
    const { thresholds } = await ask(bot, 'tickets')
    expect(thresholds.low).toBeGreaterThanOrEqual(0.35)
    expect(thresholds.high).toBeCloseTo(thresholds.low + 0.2)
  })

  test('search › the owner’s own answer stands alone when it is asked for, and is one passage of many when it is not', async () => {
    const { db } = database
    const museum = await botThatKnows(english)
    const page = { pageId: await newPage(db, museum), title: 'May I bring my dog?', language: 'en', isPair: true }
    const answer = 'This month dogs are welcome in every room.'
    await indexPage({ db, embeddings }, museum.workspaceId, museum.botId, page, [
      { text: answer, headings: [], tokens: 9 },
    ])
    await calibrate({ db, embeddings }, museum.workspaceId, museum.botId)

    for (const question of ['Can I bring my dog with me?', 'may i bring my dog', 'Am I allowed to bring a dog?']) {
      const { passages, verdict, considered } = await ask(museum, question)
      expect(passages).toMatchObject([{ text: answer, isPair: true }])
      expect(verdict).toBe('answerable')
      expect(considered.filter(({ leftOut }) => leftOut === null)).toMatchObject([{ passageId: passages[0]?.id }])
      expect(considered.some(({ leftOut }) => leftOut === 'pair')).toBe(true)
    }
    const { passages } = await ask(museum, 'How much is the entrance fee?')
    expect(passages[0]).toMatchObject({ title: 'Prices', isPair: false })
  })

  test('search › a follow-up is understood from the question before it', async () => {
    const history: ModelMessage[] = [
      { role: 'user', content: 'What does it cost to see the exhibition?' },
      { role: 'assistant', content: 'A day ticket is twelve euros.' },
    ]
    const alone = await ask(bot, 'and on a yearly basis?')
    const inContext = await ask(bot, 'and for apprentices?', history)
    expect(inContext.passages[0]?.title).toBe('Prices')
    expect(inContext.verdict).not.toBe('unknown')
    expect(alone.best).toBeLessThan(inContext.best)
  })

  test('search › German by its words, though the model knows English alone', async () => {
    const library = await botThatKnows(german)
    const first = async (question: string) => (await ask(library, question)).passages[0]?.title
    expect(await first('Wann muss ich ein Buch zurückbringen?')).toBe('Rückgabe')
    expect(await first('Was kosten Mahnungen bei Fristüberschreitung?')).toBe('Mahnung')
    expect(await first('Darf ich im Lesesaal trinken?')).toBe('Lesesaal')
  })

  test('search › Chinese by its words', async () => {
    const shop = await botThatKnows(chinese)
    const first = async (question: string) => (await ask(shop, question)).passages[0]?.title
    expect(await first('退款多久到账？')).toBe('退款')
    expect(await first('电器保修几年？')).toBe('保修')
    expect(await first('怎么拿到电子发票？')).toBe('发票')
  })
})
