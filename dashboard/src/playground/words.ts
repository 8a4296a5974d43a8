export const words = {
  title: 'Playground',
  about: 'Talk to the bot as a visitor would. It is the real widget; answers count like any other.',
  draft: 'Draft',
  live: 'Live',
  version: 'Version',
  settings: 'Settings',
  noDraft: 'There are no unpublished changes, so both answer alike.',
  why: 'Why it answered so',
  whyNone: 'Ask something, and see here which passages were found and given, what was left out, and what it took.',
  reload: 'New conversation',
  frame: 'The chat as visitors see it',
} as const
