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

/** The commonest words of other languages in Latin script; those that English has too tell nothing. */
export const foreignWords: ReadonlySet<string> = new Set(
  `der die das und ist nicht ein eine einen einem einer von mit fur auf dem den des im zu sich auch als wird werden oder
  bei sind aus nach wie sie ihr wir an in am was will so man le la les et une est que qui dans pour pas sur avec vous
  nous du au aux ce cette sont par plus ou il elle el los las y en por con para del se lo su sus es como mas pero si al
  di che e per non sono della delle dei gli nel alla piu anche questo het een van niet dat op te zijn voor met ook wordt
  naar bij och att det som pa ar av inte till har om den og af ikke til o os da do em nao um uma na no ao dos das mais
  w z sie jest nie ktore oraz przez jak na od je v se na ze pro jako ale a i be bir ve bu icin ile olarak daha ne yang
  dan di untuk dengan ini itu pada adalah tidak ja on ei se etta ovat kun hogy az egy es nem is si din cu este care`.split(
    /\s+/,
  ),
)
