/** Opens what varies (database, limits, models, clock, log) once, and closes it in reverse. */
import { recordSignIn } from './audit/sign-ins.ts'
import { LiveTurns } from './chat/live-turns.ts'
import type { Config } from './config.ts'
import { openBotModels } from './credentials/bot-models.ts'
import { type Issuer, openIssuer } from './identity/issuer.ts'
import type { SessionReader } from './identity/sessions.ts'
import { openSignIn, type SignIn } from './identity/sign-in.ts'
import { openTokenVerifier, type TokenVerifier } from './identity/tokens.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { type OpenDb, openDb } from './platform/db/db.ts'
import { type ClientIp, clientIpBehind } from './platform/http/client-ip.ts'
import { type Limiter, openLimiter } from './platform/limit.ts'
import type { Log } from './platform/log.ts'
import { openModels } from './platform/models/registry.ts'
import { openSeal } from './platform/seal.ts'
import { readSecrets } from './secrets.ts'

export type Ports = Awaited<ReturnType<typeof openPorts>>

/** A `database` that is given is not closed here. */
export async function openPorts(
  config: Config,
  { log, clock = systemClock, database: given }: { log: Log; clock?: Clock; database?: OpenDb },
) {
  await using opened = new AsyncDisposableStack()
  const database = given ?? opened.use(await openDb({ ...config, log }))
  const limiter: Limiter = opened.use(await openLimiter(config.redisUrl, { clock, log }))
  const models = opened.use(openModels(config, { clock, log }))
  const secrets = readSecrets(config)
  const seal = openSeal(secrets.encryptionKey, config.oldEncryptionKeys)
  const issuer: Issuer = openIssuer(
    { db: database.db, seal, clock },
    { audience: config.tokenAudience, publicUrl: (): string => ports.publicUrl },
  )
  const tokens: TokenVerifier = openTokenVerifier({ issuer, clock }, config.externalIssuer)
  const signIn: SignIn = openSignIn(
    { db: database.db, log, smtp: config.smtp, publicUrl: (): string => ports.publicUrl },
    {
      signingKey: secrets.signingKey,
      google: config.google,
      onSignIn: (userId, how) => recordSignIn(database.db, userId, how),
    },
  )
  const sessions: SessionReader = signIn
  const clientIp: ClientIp = clientIpBehind(config.trustedProxies)
  const { db, pool, patientDb, isEmbedded } = database
  const resources = opened.move()
  const ports = {
    db,
    pool,
    patientDb,
    isEmbedded,
    limiter,
    models,
    botModels: openBotModels({ db: patientDb, models, seal, clock, log }),
    seal,
    issuer,
    tokens,
    sessions,
    signIn,
    clientIp,
    clock,
    log,
    liveTurns: new LiveTurns({ db: patientDb, log }),
    egressAllow: config.egressAllow,
    smtp: config.smtp,
    dataDir: config.dataDir,
    /** Known for good once the server listens: port 0 is any free one. */
    publicUrl: config.publicUrl ?? localUrl(config.host, config.port),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
  return ports
}

export function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
