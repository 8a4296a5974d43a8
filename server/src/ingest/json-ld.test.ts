import { describe, expect, test } from 'vitest'
import { structuredSections } from './json-ld.ts'

const script = (value: unknown) =>
  `<script type="application/ld+json">${typeof value === 'string' ? value : JSON.stringify(value)}</script>`

const faq = {
  '@context': 'https://schema.org',
  '@type': 'FAQPage',
  mainEntity: [
    {
      '@type': 'Question',
      name: 'Do you ship abroad?',
      acceptedAnswer: { '@type': 'Answer', text: '<p>To <b>all</b> of Europe.</p>' },
    },
    { '@type': 'Question', name: 'Is there a showroom?', acceptedAnswer: { '@type': 'Answer', text: 'Yes, in Bonn.' } },
  ],
}
const kettle = {
  '@type': ['Product'],
  name: 'Kettle K2',
  description: 'Boils a litre in two minutes.',
  brand: { '@type': 'Brand', name: 'Acme' },
  offers: [{ '@type': 'Offer', price: 49.9, priceCurrency: 'EUR', availability: 'https://schema.org/InStock' }],
}

describe('structuredSections', () => {
  test('the questions whose answers the text lacks', () => {
    expect(structuredSections(script(faq), 'Is there a showroom? Yes, in Bonn.')).toBe(
      '## Do you ship abroad?\n\nTo all of Europe.',
    )
  })

  test('a product’s price and availability, in a graph too', () => {
    expect(structuredSections(script({ '@graph': [kettle] }), 'Kettle K2. Boils a litre in two minutes.')).toBe(
      '## Kettle K2\n\n- Price: 49.9 EUR\n- Availability: In Stock\n- Brand: Acme',
    )
  })

  test('nothing for a page that says it all, or says nothing', () => {
    const all = 'Kettle K2 by Acme: 49.9 EUR, In Stock. Boils a litre in two minutes.'
    expect(structuredSections(script(kettle), all)).toBe('')
    expect(structuredSections('<p>Plain</p>', 'Plain')).toBe('')
  })

  test.each([
    ['broken', script('{"@type":"Product",')],
    ['too deep', script(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)],
    ['unclosed, ten thousand times', '<script type="application/ld+json">{'.repeat(10_000)],
    ['of other types', script({ '@type': 'Question', name: 7, acceptedAnswer: 'no' })],
    ['null', script(null)],
  ])('what is %s is passed over', (_what, html) => {
    expect(structuredSections(html, '')).toBe('')
  })
})
