/** Every endpoint of the contract, with the methods it takes and a request that is refused without a key or a token. */
export interface Door {
  path: string
  methods: ('GET' | 'POST')[]
  /** Open to pages of any origin. */
  isPublic: boolean
  errorField: 'error' | 'detail'
  /** Refused so to nobody in particular. */
  nobody: [status: number, code: string]
}

const session = '1ef21d2f-1207-4660-8c4f-419efbd44d48'
const open = { isPublic: true, errorField: 'error', nobody: [401, 'invalid_api_key'] } satisfies Partial<Door>

export const doors: Door[] = [
  { path: '/api/chat/', methods: ['POST'], ...open },
  { path: '/api/chat/stop/', methods: ['POST'], ...open },
  { path: '/api/chat/rating/', methods: ['POST'], ...open },
  { path: '/api/chat/stream/', methods: ['GET'], ...open },
  { path: '/api/widget/config/', methods: ['GET'], ...open },
  {
    path: '/api/chat/playground/',
    methods: ['POST'],
    isPublic: false,
    errorField: 'error',
    nobody: [401, 'not_authenticated'],
  },
  {
    path: '/api/auth/token/',
    methods: ['POST'],
    isPublic: false,
    errorField: 'error',
    nobody: [401, 'not_authenticated'],
  },
  {
    path: `/api/conversations/${session}/export.json`,
    methods: ['GET'],
    isPublic: false,
    errorField: 'detail',
    nobody: [401, 'authentication_required'],
  },
]
