/** Made from `operations.ts` by `npm run generate`: method and path of each, without the schemas. */
export const operationPaths = {
  searchKnowledge: ['POST', '/api/workspaces/:workspaceId/bots/:botId/search/'],
  listSources: ['GET', '/api/workspaces/:workspaceId/bots/:botId/sources/'],
  addSource: ['POST', '/api/workspaces/:workspaceId/bots/:botId/sources/'],
  uploadFiles: ['POST', '/api/workspaces/:workspaceId/bots/:botId/sources/files/'],
  getSource: ['GET', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/'],
  changeSource: ['PATCH', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/'],
  removeSource: ['DELETE', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/'],
  listPages: ['GET', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/pages/'],
  getPage: ['GET', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/pages/:pageId/'],
  removePage: ['DELETE', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/pages/:pageId/'],
  listSyncs: ['GET', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/syncs/'],
  followProgress: ['GET', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/progress/'],
  sync: ['POST', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/sync/'],
  pause: ['POST', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/pause/'],
  resume: ['POST', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/resume/'],
  cancel: ['POST', '/api/workspaces/:workspaceId/bots/:botId/sources/:sourceId/cancel/'],
} as const
