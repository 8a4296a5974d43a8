/** Topics without a model: questions that share the words which few others have. */
import { analysisOf, termsOf } from '../platform/text/analysis.ts'

export interface AskedQuestion {
  question: string
  session_id: string
  isUnanswered: boolean
}

export interface Topic {
  name: string
  questions: number
  unanswered: number
  asked: Pick<AskedQuestion, 'question' | 'session_id'>[]
}

const maxTopics = 20
const maxAsked = 10
/** How alike a question must be to those of a topic (cosine of their words' weights). */
const leastLikeness = 0.35

interface Cluster {
  /** Sums of the members' weights. */
  centre: Map<string, number>
  squares: number
  members: AskedQuestion[]
}

/** Each question joins the topic it is most like, or begins one; a topic is named by its shortest question. They come and go newest first. */
export function topicsOf(questions: readonly AskedQuestion[]): Topic[] {
  const documents = questions.map((asked) => ({ asked, terms: termsOfQuestion(asked.question) }))
  const frequency = new Map<string, number>()
  for (const { terms } of documents) for (const term of terms) frequency.set(term, (frequency.get(term) ?? 0) + 1)
  const clusters = new Clusters()
  for (const { asked, terms } of documents) {
    if (terms.size > 0) clusters.add(asked, weigh(terms, frequency, documents.length))
  }
  return clusters.all
    .filter(({ members }) => members.length > 1)
    .sort((one, other) => other.members.length - one.members.length)
    .slice(0, maxTopics)
    .map(({ members }) => ({
      name: members.reduce(
        (shortest, { question }) => (question.length < shortest.length ? question : shortest),
        members[0]?.question ?? '',
      ),
      questions: members.length,
      unanswered: members.filter(({ isUnanswered }) => isUnanswered).length,
      asked: members.slice(0, maxAsked).map(({ question, session_id }) => ({ question, session_id })),
    }))
}

function termsOfQuestion(question: string): Set<string> {
  return new Set(termsOf(question, analysisOf(question, null)))
}

/** Unit length; a word that most questions have weighs little. */
function weigh(terms: ReadonlySet<string>, frequency: ReadonlyMap<string, number>, total: number): Map<string, number> {
  const weights = [...terms].map((term): [string, number] => [term, Math.log(1 + total / (frequency.get(term) ?? 1))])
  const length = Math.hypot(...weights.map(([, weight]) => weight)) || 1
  return new Map(weights.map(([term, weight]) => [term, weight / length]))
}

class Clusters {
  readonly all: Cluster[] = []
  /** So that a question is compared with those alone that share a word with it. */
  private readonly byTerm = new Map<string, Set<Cluster>>()

  add(asked: AskedQuestion, vector: ReadonlyMap<string, number>): void {
    const cluster = this.nearest(vector) ?? this.open()
    cluster.members.push(asked)
    for (const [term, weight] of vector) {
      const before = cluster.centre.get(term) ?? 0
      cluster.centre.set(term, before + weight)
      cluster.squares += weight * (2 * before + weight)
      const known = this.byTerm.get(term) ?? new Set()
      this.byTerm.set(term, known.add(cluster))
    }
  }

  private open(): Cluster {
    const cluster: Cluster = { centre: new Map(), squares: 0, members: [] }
    this.all.push(cluster)
    return cluster
  }

  private nearest(vector: ReadonlyMap<string, number>): Cluster | null {
    const products = new Map<Cluster, number>()
    for (const [term, weight] of vector) {
      for (const cluster of this.byTerm.get(term) ?? []) {
        products.set(cluster, (products.get(cluster) ?? 0) + weight * (cluster.centre.get(term) ?? 0))
      }
    }
    let best: Cluster | null = null
    let most = leastLikeness
    for (const [cluster, product] of products) {
      const likeness = product / Math.sqrt(cluster.squares)
      if (likeness >= most) [best, most] = [cluster, likeness]
    }
    return best
  }
}
