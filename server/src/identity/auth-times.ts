/** How long a mailed link works. Apart from `auth.ts`, which is imported late. */
export const linkMinutes = 10
/** Where Better Auth sends whom it refuses: never shown, known again when a callback is finished. */
export const refusedPath = '/sign-in/refused/'
