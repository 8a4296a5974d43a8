/** What the dashboard says everywhere. A place's own words stand in its folder, in `words.ts`. */
export const words = {
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  saved: 'Saved.',
  unsaved: 'What you typed is not saved. Leave it?',
  undo: 'Undo',
  retry: 'Try again',
  loading: 'Loading…',
  delete: 'Delete',
  copy: 'Copy',
  copied: 'Copied.',
  more: 'Show more',
  until: 'Until',
  none: '–',
} as const
