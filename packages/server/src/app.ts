/**
 * The composition root: builds every part, wires them, and takes them down in the opposite order.
 */
import { fileURLToPath } from 'node:url'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { pino } from 'pino'

import { createAccounts } from './access/accounts.ts'
import { createAuthenticator } from './access/authenticate.ts'
import { bootstrapToken } from './access/bootstrap.ts'
import { createEventTokens } from './access/event-token.ts'
import { lapseRoles } from './access/lapse-roles.ts'
import { isSetUpNeeded } from './access/set-up.ts'
import { startHeadLog } from './audit/head-log.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { isLoopback } from './config.ts'
import type { Config } from './config.ts'
import type { Context, Log } from './context.ts'
import { openDelivery } from './delivery/delivery.ts'
import { createEvaluationLimit } from './delivery/evaluation-limit.ts'
import type { DeliveryPorts } from './delivery/ports.ts'
import { startTask } from './delivery/task.ts'
import { startAlerts } from './drill/alerts.ts'
import { createDrillMetrics } from './drill/metrics.ts'
import { errorLine } from './error-line.ts'
import type { FlagPorts } from './flag/ports.ts'
import { startGrpc } from './grpc/listener.ts'
import { loadConsole } from './http/console-files.ts'
import type { EventStream } from './http/event-stream.ts'
import { handlers as accessHandlers } from './http/handlers/access.ts'
import { handlers as accountHandlers } from './http/handlers/account.ts'
import { handlers as attentionHandlers } from './http/handlers/attention.ts'
import { handlers as auditHandlers } from './http/handlers/audit.ts'
import { handlers as brokenGlassHandlers } from './http/handlers/broken-glass.ts'
import { handlers as browserCodeHandlers } from './http/handlers/browser-code.ts'
import { handlers as channelHandlers } from './http/handlers/channel.ts'
import { handlers as codeScanHandlers } from './http/handlers/code-scan.ts'
import { handlers as configDocumentHandlers } from './http/handlers/config-document.ts'
import { handlers as connectionHandlers } from './http/handlers/connection.ts'
import { handlers as debtHandlers } from './http/handlers/debt.ts'
import { handlers as deliveryHandlers } from './http/handlers/delivery.ts'
import { handlers as documentHandlers } from './http/handlers/document.ts'
import { handlers as draftHandlers } from './http/handlers/draft.ts'
import { handlers as drillHandlers } from './http/handlers/drill.ts'
import { handlers as edgeHandlers } from './http/handlers/edge.ts'
import { handlers as exchangeHandlers } from './http/handlers/exchange.ts'
import { handlers as exposureHandlers } from './http/handlers/exposure.ts'
import { handlers as flagHandlers } from './http/handlers/flag.ts'
import { handlers as hookHandlers } from './http/handlers/hook.ts'
import { handlers as identityProviderHandlers } from './http/handlers/identity-provider.ts'
import { handlers as inboundHandlers } from './http/handlers/inbound.ts'
import { handlers as inputHandlers } from './http/handlers/input.ts'
import { handlers as lintHandlers } from './http/handlers/lint.ts'
import { handlers as metricHandlers } from './http/handlers/metric.ts'
import { handlers as monitoringHandlers } from './http/handlers/monitoring.ts'
import { handlers as ofrepHandlers } from './http/handlers/ofrep.ts'
import { handlers as ownTokenHandlers } from './http/handlers/own-token.ts'
import { handlers as peopleHandlers } from './http/handlers/people.ts'
import { handlers as personaHandlers } from './http/handlers/persona.ts'
import { handlers as planCheckHandlers } from './http/handlers/plan-check.ts'
import { handlers as planTemplateHandlers } from './http/handlers/plan-template.ts'
import { handlers as policyHandlers } from './http/handlers/policy.ts'
import { handlers as procedureActHandlers } from './http/handlers/procedure-act.ts'
import { handlers as procedureHandlers } from './http/handlers/procedure.ts'
import { handlers as projectHandlers } from './http/handlers/project.ts'
import { handlers as proofHandlers } from './http/handlers/proof.ts'
import { handlers as providerSignInHandlers } from './http/handlers/provider-sign-in.ts'
import { handlers as referenceHandlers } from './http/handlers/reference.ts'
import { handlers as relatedProcedureHandlers } from './http/handlers/related-procedure.ts'
import { handlers as reportHandlers } from './http/handlers/report.ts'
import { handlers as resourceHandlers } from './http/handlers/resource.ts'
import { handlers as retentionHandlers } from './http/handlers/retention.ts'
import { handlers as rollbackRunHandlers } from './http/handlers/rollback-run.ts'
import { handlers as rolloutLiveHandlers } from './http/handlers/rollout-live.ts'
import { handlers as rolloutHandlers } from './http/handlers/rollout.ts'
import { handlers as secretHandlers } from './http/handlers/secret.ts'
import { handlers as sloHandlers } from './http/handlers/slo.ts'
import { handlers as systemHandlers } from './http/handlers/system.ts'
import { handlers as unleashHandlers } from './http/handlers/unleash.ts'
import { handlers as verificationHandlers } from './http/handlers/verification.ts'
import { registerKillPages } from './http/kill-pages.ts'
import { registerProviderNotices } from './http/provider-notices.ts'
import { quickRoutes } from './http/quick-routes.ts'
import { createServer } from './http/server.ts'
import type { Services } from './http/services.ts'
import { answerOnce } from './idempotency/answer-once.ts'
import { mailOf } from './integrations/mail/send.ts'
import { createSignInProvider } from './integrations/oidc/provider.ts'
import { createMetrics } from './metrics.ts'
import { startAnnotating } from './monitoring/annotate.ts'
import { lookAtMonitoring } from './monitoring/look.ts'
import { followRollbacks } from './procedure/follow-rollback.ts'
import type { RunKey } from './procedure/load.ts'
import { flagPortsOf, hookPortsOf, rolloutPortsOf } from './procedure/ports.ts'
import { startWatch } from './procedure/watch.ts'
import { createReadiness } from './readiness.ts'
import { startController } from './rollout/controller.ts'
import { createRolloutMetrics } from './rollout/metrics.ts'
import type { RolloutPorts } from './rollout/ports.ts'
import { rolloutWindows } from './rollout/window-of.ts'
import { closeAll, listenOn, once } from './running.ts'
import { secretKeys } from './secret/key.ts'
import { createSafe } from './secret/seal.ts'
import { createSecretMetrics, tellOfLostSecrets } from './secret/status.ts'
import { createStatusMetrics } from './status/metrics.ts'
import { REVOKED_CHANNEL } from './storage/access.ts'
import type { Database } from './storage/database.ts'
import { migrate } from './storage/migrate.ts'
import { openDatabase } from './storage/open.ts'
import { noteUse } from './storage/people.ts'
import { pingDatabase } from './storage/ping.ts'
import { openExercises } from './verification/exercises.ts'
import { startDocuments } from './wire-document.ts'
import { startHooks } from './wire-hook.ts'
import { createMonitoring } from './wire-monitoring.ts'
import { startReferences } from './wire-reference.ts'
import { startSignals } from './wire-signal.ts'

/** One handler for each operation of the table; a new noun adds its line. */
const handlers = {
  ...debtHandlers,
  ...relatedProcedureHandlers,
  ...systemHandlers,
  ...accessHandlers,
  ...accountHandlers,
  ...peopleHandlers,
  ...proofHandlers,
  ...ownTokenHandlers,
  ...browserCodeHandlers,
  ...identityProviderHandlers,
  ...providerSignInHandlers,
  ...projectHandlers,
  ...auditHandlers,
  ...flagHandlers,
  ...deliveryHandlers,
  ...exchangeHandlers,
  ...exposureHandlers,
  ...edgeHandlers,
  ...personaHandlers,
  ...draftHandlers,
  ...ofrepHandlers,
  ...unleashHandlers,
  ...rolloutHandlers,
  ...rolloutLiveHandlers,
  ...procedureHandlers,
  ...attentionHandlers,
  ...channelHandlers,
  ...reportHandlers,
  ...inboundHandlers,
  ...secretHandlers,
  ...retentionHandlers,
  ...procedureActHandlers,
  ...brokenGlassHandlers,
  ...rollbackRunHandlers,
  ...hookHandlers,
  ...planTemplateHandlers,
  ...planCheckHandlers,
  ...policyHandlers,
  ...documentHandlers,
  ...verificationHandlers,
  ...drillHandlers,
  ...inputHandlers,
  ...referenceHandlers,
  ...codeScanHandlers,
  ...lintHandlers,
  ...configDocumentHandlers,
  ...connectionHandlers,
  ...monitoringHandlers,
  ...metricHandlers,
  ...resourceHandlers,
  ...sloHandlers,
}

/** The built console; `npm run build -w packages/console` fills it. */
const CONSOLE = fileURLToPath(new URL('../../console/dist', import.meta.url))

/** Between two notes of when tokens were used. */
const USE_MS = 60_000

/** Between two looks for roles of groups that have lapsed. */
const LAPSE_MS = 600_000

/** A server that has been built and can listen. */
export interface App {
  /** Starts to listen; returns the address, like `http://127.0.0.1:4860`. */
  listen(): Promise<string>
  /** Where gRPC is served, like `127.0.0.1:8015`, once it listens; undefined where it is not. */
  grpcAddress(): string | undefined
  /** Where the administrator's token is kept; undefined when the settings gave it. */
  readonly bootstrapTokenFile: string | undefined
  /** The secret of the link for the first administrator, while there is none. */
  readonly setUpSecret: string | undefined
  readonly log: Log
  /** Stops accepting, ends streams, finishes requests, stops what was started. Idempotent. */
  close(): Promise<void>
}

/** What tests pass in. */
export interface AppOptions {
  readonly clock?: Clock
  readonly checkAnswers?: boolean
  /** How long the address of an event stream stays the same, in milliseconds, in place of two hours. */
  readonly eventTokenTurnMs?: number
  /** Between two looks for roles of groups that have lapsed, in milliseconds, in place of ten minutes. */
  readonly lapseMs?: number
  /** How long a request may take to arrive, in place of 30 s. */
  readonly requestMs?: number
  /** Where the built console is, in place of the usual folder. */
  readonly consoleFolder?: string
  /** In place of what features answer. */
  readonly flagPorts?: FlagPorts
  /** In place of what rollouts answer. */
  readonly deliveryPorts?: DeliveryPorts
  /** In place of what the procedure answers. */
  readonly rolloutPorts?: RolloutPorts
}

/** Builds everything. Throws a StartFailure for what the operator can put right. */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const log = pino({ level: config.logLevel, base: null, serializers: { err: errorLine } })
  const clock = options.clock ?? systemClock
  const bootstrap = await bootstrapToken(config)
  const safe = createSafe(await secretKeys(config))
  const [metrics, readiness] = [createMetrics(), createReadiness()]
  const opened = await openDatabase(config, log, (kind) => metrics.databaseErrors.inc({ kind }))
  const closing: (() => Promise<void>)[] = [() => opened.close()]
  try {
    await migrate(opened.url, log)
    const { database } = opened
    readiness.register('database', () => pingDatabase(database))
    const ports = options.deliveryPorts ?? rolloutWindows
    const delivery = await openDelivery({ database, ports, clock, log, metrics, readiness })
    closing.push(() => delivery.close())
    const flagPorts = options.flagPorts ?? flagPortsOf(clock)
    const rolloutPorts = options.rolloutPorts ?? rolloutPortsOf(clock)
    const { outgoing, dispatcher } = await startSignals({ database, clock, log, metrics }, safe, config)
    closing.push(() => dispatcher.close())
    readiness.register('dispatcher', () => dispatcher.state())
    const monitoring = createMonitoring(outgoing, config)
    const sources = { safe, prometheus: monitoring.prometheus }
    const controller = await startController({
      database,
      rolloutPorts,
      sources,
      clock,
      log,
      ...createRolloutMetrics(metrics, database),
    })
    closing.push(() => controller.close())
    readiness.register('controller', () => controller.state())
    const publishing = await startDocuments({ database, clock, log }, { config, outgoing })
    closing.push(() => publishing.close())
    const { documents } = publishing
    const { resolver, watch } = startReferences({ database, clock, log, outgoing, safe, monitoring }, config)
    closing.push(watch)
    const parts = { database, clock, metrics, readiness, delivery, outgoing, safe, documents, resolver }
    createDrillMetrics(metrics, database)
    createSecretMetrics(metrics, database, safe)
    createStatusMetrics(metrics, database, readiness)
    await tellOfLostSecrets(database, safe, log)
    const hooks = await startHooks({ database, clock, log, safe, ports: hookPortsOf() }, config)
    closing.push(() => hooks.close())
    closing.push(await startAlerts({ database, clock, log }))
    closing.push(startAnnotating({ database, safe, monitoring, clock, log }))
    const exercises = openExercises({ database, flagPorts, clock, log })
    closing.push(() => exercises.close())
    const accounts = createAccounts(
      bootstrap.token,
      config.publicUrl,
      mailOf({ url: config.mailUrl, from: config.mailFrom }, outgoing),
    )
    const services: Services = {
      ...parts,
      flagPorts,
      rolloutPorts,
      exercises,
      monitoring,
      sources,
      accounts,
      provider: createSignInProvider(outgoing),
      evaluationLimit: createEvaluationLimit(config.evaluationsPerSecond),
      eventTokens: createEventTokens(safe, options.eventTokenTurnMs),
    }

    const servicesOn = (within: Database): Services => ({ ...services, database: within })
    const authenticator = createAuthenticator(database, bootstrap.token, safe)
    await database.listen(REVOKED_CHANNEL, (hash) => {
      if (hash === undefined) authenticator.doubt()
      else authenticator.forget(hash)
      delivery.keysChanged()
    })
    const use = startTask({ name: 'token use', everyMs: USE_MS, clock, log }, () =>
      noteUse(database.kysely, authenticator.takeUsed(), clock.now()),
    )
    closing.push(async () => {
      await use.stop()
      await noteUse(database.kysely, authenticator.takeUsed(), clock.now()).catch(() => undefined)
    })
    const lapse = startTask(
      { name: 'lapse of roles', everyMs: options.lapseMs ?? LAPSE_MS, clock, log },
      () => lapseRoles({ now: clock.now(), log }, database),
    )
    closing.push(() => lapse.stop())
    closing.push(startHeadLog(database, clock, log))
    const look = (context: Pick<Context, 'now'>, key: RunKey) =>
      lookAtMonitoring(context, { database, safe, monitoring }, key)
    closing.push(startWatch({ database, sources, clock, log, look }))
    closing.push(followRollbacks({ database, clock, log, flagPorts, rolloutPorts }))

    const streams = new Set<EventStream>()
    const server = await createServer(
      {
        operations: openMetrics(operations, isLoopback(config)),
        handlers,
        services,
        answerOnce: (context, request, work) =>
          answerOnce(context, database, request, (within) => work(servicesOn(within))),
        authenticator,
        log,
        streams,
        console: await loadConsole(options.consoleFolder ?? CONSOLE),
        allowedOrigins: config.allowedOrigins,
        trustedProxies: config.trustedProxies,
        checkAnswers: options.checkAnswers ?? false,
        quick: quickRoutes(services),
        ...(options.requestMs === undefined ? {} : { requestMs: options.requestMs }),
      },
      async (beside) => {
        await registerKillPages(beside, { services, authenticator, log })
        await registerProviderNotices(beside, { services, log })
      },
    )
    closing.push(async () => {
      const closed = server.close()
      for (const stream of streams) stream.close()
      await closed
    })
    const close = once(() => closeAll(closing))
    let grpcAddress: string | undefined
    return {
      bootstrapTokenFile: bootstrap.file,
      setUpSecret: (await isSetUpNeeded(database)) ? accounts.setUpSecret : undefined,
      log,
      close,
      grpcAddress: () => grpcAddress,
      async listen() {
        const grpc = await startGrpc({ delivery, authenticator, clock, log }, config)
        if (grpc !== undefined) closing.push(() => grpc.close())
        grpcAddress = grpc?.address
        return await listenOn(config, (at) => server.listen(at))
      },
    }
  } catch (error) {
    await closeAll(closing)
    throw error
  }
}

/** Metrics need no token where only this machine can ask. */
function openMetrics(table: typeof operations, loopback: boolean): Readonly<Record<string, Operation>> {
  return loopback ? { ...table, getMetrics: { ...table.getMetrics, can: 'public' } } : table
}
