declare module 'wink-porter2-stemmer' {
  /** The stem of a lower-case English word by the Porter2 rules. */
  export default function stem(word: string): string
}
