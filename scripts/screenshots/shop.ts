/** A small shop, as the pictures of the guide show it: what its bot knows, and what visitors have asked. */
export const shop = {
  workspace: 'Northwind Tea',
  bot: {
    name: 'Tilda',
    greeting: 'Good to see you! What would you like to know about our tea?',
    suggestedQuestions: ['How long does delivery take?', 'How do I brew green tea?', 'Can I send tea back?'],
  },
  pages: [
    {
      title: 'Delivery',
      url: 'https://northwind-tea.example/delivery',
      text: 'We deliver within Europe in two to four working days. Delivery is free for orders over 40 euros; below that it costs 4.90 euros. You get a link to follow your parcel by e-mail.',
    },
    {
      title: 'Returns and refunds',
      url: 'https://northwind-tea.example/returns',
      text: 'Unopened tea can be sent back within 30 days. A refund takes five working days after the parcel has come back to us. The return label is in your order confirmation.',
    },
    {
      title: 'How to brew green tea',
      url: 'https://northwind-tea.example/brewing/green',
      text: 'Green tea is best at 75 degrees and two to three minutes. Take one heaped teaspoon for a cup. Water that boils makes it bitter.',
    },
    {
      title: 'Opening hours of the shop',
      url: 'https://northwind-tea.example/shop',
      text: 'The shop in Harbour Street is open from Tuesday to Saturday, from 10 am to 6 pm. On the first Saturday of a month there is a tasting at 3 pm.',
    },
    {
      title: 'Gift cards',
      url: 'https://northwind-tea.example/gift-cards',
      text: 'A gift card is sent by e-mail at once and holds for three years. It can be used for several orders until nothing is left on it.',
    },
  ],
  conversations: [
    ['How long does a refund take after the parcel has come back to you?', 'How do I get the return label?'],
    ['Is delivery free for orders over 40 euros?'],
    ['At how many degrees is green tea best?', 'How many minutes should green tea brew?'],
    ['Do you also repair teapots?'],
    ['When is the shop in Harbour Street open on Saturday?', 'When is the tasting on the first Saturday of a month?'],
    ['For how long does a gift card hold?'],
    ['Do you deliver to Canada by air freight?'],
    ['Can unopened tea be sent back within 30 days?'],
  ],
  asked: 'How long does a refund take after the parcel has come back to you?',
}
