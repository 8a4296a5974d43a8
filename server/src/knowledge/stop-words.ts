/** English words that say how a sentence is built rather than what it is about, with contractions cut at the apostrophe. */
export const stopWords: ReadonlySet<string> = new Set(
  `a about above after again against all am an and any are aren as at be because been before being below between both
  but by can cannot could couldn d did didn do does doesn doing don down during each few for from further get gets got
  had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself
  just let ll m may me might mightn more most must mustn my myself need needn no nor not now of off on once only or
  other our ours ourselves out over own please re s same shall shan she should shouldn so some such t tell than that
  the their theirs them themselves then there these they this those through to too under until up upon us ve very was
  wasn we were weren what when where whether which while who whom whose why will with won would wouldn you your yours
  yourself yourselves`.split(/\s+/),
)
