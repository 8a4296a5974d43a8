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

/**
 * The commonest words of other languages that part words by spaces, those that ask among them, without accents. Which of
 * them a text holds also tells its language; those that English has too tell nothing.
 */
export const foreignWords: ReadonlySet<string> = new Set(
  `der die das und ist nicht ein eine einen einem einer eines von mit fur auf dem den des im zu zum zur sich auch als
  wird werden wurde wurden oder bei sind aus nach wie sie ihr ihre wir an in am was will so man es er ich kann hat haben
  wer wann wo warum welche welcher welches welchen wieviel viele dass um durch uber
  le la les et une est que qui dans pour pas sur avec vous nous du au aux ce cette sont par plus ou il elle je quel
  quelle quels quelles quand comment pourquoi combien quoi
  el los las y en por con para del se lo su sus es como mas pero si al un una cuando donde cual cuales quien quienes
  cuanto cuantos cuantas fue
  di che e per non sono della delle dei gli nel alla piu anche questo chi cosa dove quando perche quale quali quanto
  het een van niet dat op te zijn voor met ook wordt naar bij hoe wat waar wanneer waarom welke wie de
  och att det som pa ar av inte till har om den og af ikke til hvad hvor vad var nar hur hvem
  o os da do em nao um uma na no ao dos das mais onde qual quais quem quantos
  w z sie jest nie ktore oraz przez jak od co kto kiedy gdzie dlaczego jaki jaka jakie ile
  je v ve ze pro jako ale a i be bir bu icin ile olarak daha ne nasil kim nerede neden kac
  yang dan untuk dengan ini itu pada adalah tidak apa siapa kapan dimana berapa
  ja on ei etta ovat kun mita kuka milloin missa hogy az egy nem mi ki mikor hol din cu este care ce unde
  и в во не на что с со по как а это из у за от для о к его но он она они мы вы я кто когда где почему какой какая какие
  сколько является та ті що як це`.split(/\s+/),
)

/** Words of scripts without spaces that say how a sentence is built, or that it asks. */
export const unspacedStopWords: ReadonlySet<string> = new Set(
  `的 了 是 在 有 和 与 及 或 也 都 就 而 被 把 给 对 从 到 向 为 以 于 吗 呢 吧 啊 这 那 这个 那个 这些 那些 我 你 您 他 她 它
  我们 你们 他们 什么 什么时候 什麼時候 谁 哪 哪里 哪儿 哪个 哪些 哪种 多少 几 怎么 怎样 怎么样 如何 为什么 为何 何时 何 时候 請問 请问 可以 一个 個 个 名
  什麼 誰 哪裡 多久 怎麼 為什麼 の は が を に で と も か へ や から まで です ます でした ました する した して いる ある この その
  あの これ それ 何 いつ どこ どう なぜ どの どれ どんな どのように いくつ いくら ください`.split(/\s+/),
)
