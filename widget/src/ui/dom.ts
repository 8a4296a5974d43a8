/** Elements made by hand: nothing in the widget ever passes through an HTML parser. */

/** Null leaves an attribute out. */
type Attributes = Record<string, string | null>

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

export function button(look: string, label: string, onClick: () => void, drawing?: SVGSVGElement): HTMLButtonElement {
  const made = h('button', { type: 'button', class: look }, drawing ?? label)
  if (drawing) made.ariaLabel = made.title = label
  made.addEventListener('click', onClick)
  return made
}

/** A 24-unit line drawing in the colour of the text around it. */
export function icon(d: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(svg.namespaceURI, 'path')
  path.setAttribute('d', d)
  svg.append(path)
  return svg
}

/** The address if it is one that may be followed from an answer, else null; of a mail only to whom, as the rest is the visitor's. */
export function safeUrl(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !/^(https?|mailto):$/.test(url.protocol)) return null
  if (url.protocol === 'mailto:') url.search = ''
  return url.href
}

export function link(href: string, ...children: (Node | string)[]): HTMLAnchorElement {
  return h('a', { href, target: '_blank', rel: 'noopener nofollow' }, ...children)
}
