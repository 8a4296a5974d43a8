export const words = {
  title: 'Bots',
  about: 'Each bot has knowledge, keys and conversations of its own.',
  newBot: 'New bot',
  none: 'Your first bot',
  noneAbout: 'Give it your website, and it can answer from it within a minute.',
  off: 'Switched off',
  draft: 'Unpublished changes',
  search: 'Find a bot',
  newWorkspace: 'New workspace',
  newWorkspaceAbout: 'A workspace has its own bots, members and plan. Nothing is shared between two of them.',
  name: 'Name',
  makeWorkspace: 'Make the workspace',
} as const
