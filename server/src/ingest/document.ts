/** What is read, and what is made of it. */

export interface Document {
  /** Null for what was pasted or uploaded. */
  url: string | null
  /** In lower case, without parameters; null where nobody says. */
  contentType: string | null
  /** As the HTTP header has it. */
  charset: string | null
  body: Uint8Array
}

export interface Extract {
  /** Empty where there is none. */
  title: string
  /** BCP 47, as the document says. */
  language: string | null
  /** As the page says, made absolute; nobody has checked it. */
  canonicalUrl: string | null
  markdown: string
}
