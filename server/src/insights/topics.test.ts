import { describe, expect, it } from 'vitest'
import { topicsOf } from './topics.ts'

const asked = (question: string, isUnanswered = false) => ({ question, session_id: question, isUnanswered })

describe('topicsOf', () => {
  it('puts questions together that share their words, the most frequent first', () => {
    const topics = topicsOf([
      asked('How long does a refund take?'),
      asked('When do I get my refund?'),
      asked('refund'),
      asked('Do you ship parcels to Norway?', true),
      asked('How much is shipping to Norway?', true),
      asked('Who founded the company?'),
    ])
    expect(topics.map(({ name, questions, unanswered }) => [name, questions, unanswered])).toEqual([
      ['refund', 3, 0],
      ['Do you ship parcels to Norway?', 2, 2],
    ])
    expect(topics[0]?.asked.map(({ question }) => question)).toEqual([
      'How long does a refund take?',
      'When do I get my refund?',
      'refund',
    ])
  })

  it('works in scripts without spaces and finds nothing in nothing', () => {
    expect(topicsOf([asked('退款需要多长时间？'), asked('退款多长时间到账？')])).toHaveLength(1)
    expect(topicsOf([asked('???'), asked('')])).toEqual([])
  })

  it('takes thousands of questions of their own in its stride', () => {
    const questions = Array.from({ length: 2_000 }, (_, n) => asked(`word${n} word${n + 1} common thing`))
    expect(topicsOf(questions).length).toBeLessThanOrEqual(20)
  })
})
