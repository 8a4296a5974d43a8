export const words = {
  saved: 'All changes are saved in the draft',
  saving: 'Saving…',
  unsaved: 'Not saved',
  live: 'Visitors see exactly this.',
  changed: (count: number) =>
    count === 1 ? 'One setting is not published yet.' : `${count} settings are not published yet.`,
  publish: 'Publish',
  published: (version: number) => `Version ${version} is live.`,
  discard: 'Discard',
  discardTitle: 'Discard the changes?',
  discardAbout: 'The draft becomes what visitors see now.',
} as const
