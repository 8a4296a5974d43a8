export const words = {
  title: 'A bot for your website',
  about: 'Give it your address. The first pages can be asked about within seconds.',
  address: 'Your website',
  placeholder: 'example.com',
  begin: 'Make the bot',
  or: 'or',
  text: 'Paste a text',
  textLabel: 'What should it know?',
  sample: 'Try it with our sample',
  botName: 'My bot',
  sampleName: 'Example Shop',
  back: 'Back',
  looking: 'Reading your page…',
  welcome: {
    yourBot: 'Your bot',
    title: (name: string) => `${name} is learning`,
    ready: (name: string) => `${name} is ready`,
    count: (count: string) => (count === '1' ? '1 page can be asked about' : `${count} pages can be asked about`),
    waiting: 'The first page is being read…',
    more: (count: string) => `${count} still to be read`,
    failed: 'None of the pages could be read.',
    see: 'See why',
    ask: 'Ask it something',
    askAbout: 'These are from your own pages. Every answer shows where it comes from.',
    noSuggestions: 'Questions could not be suggested. Ask your own, or try again.',
    question: 'Your own question',
    send: 'Ask',
    thinking: 'Looking it up…',
    wrong: 'Not right? Correct it',
    corrected: 'Corrected. It is asked again.',
    next: 'Put it on your website',
    done: 'To the dashboard',
    failedAnswer: 'No answer could be written. Try again in a moment.',
  },
} as const

/** What the sample bot knows. */
export const sampleText = `# Opening hours

We are open Monday to Friday from 9:00 to 18:00 and on Saturdays from 10:00 to 14:00. On public holidays the shop is closed.

# How long does delivery take?

Parcels are sent within one working day. Within the country they arrive after two to three working days, abroad after five to eight.

# Can I return something?

You can return anything within 30 days of receiving it, unused and in its packaging. The refund takes five working days after the parcel has come back to us.

# Which payments do you take?

We take credit cards, PayPal and bank transfer. Companies can pay by invoice within 14 days.
`
