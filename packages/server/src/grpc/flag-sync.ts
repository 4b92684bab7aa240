/**
 * `flagd.sync.v1.FlagSyncService`: the in-process providers of flagd, of whatever language, stream
 * what an environment serves. It reads and never writes.
 */
import { Metadata, status } from '@grpc/grpc-js'
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  sendUnaryData,
  ServerErrorResponse,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  StatusObject,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'

import { permissionsOfActor } from '../access/allow.ts'
import type { Authenticator } from '../access/authenticate.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { EnvironmentState } from '../delivery/environment-state.ts'
import type { Sink } from '../delivery/subscribers.ts'
import { flagdText, flagdVoice } from '../exchange/flagd-voice.ts'
import { failureOf } from '../failure.ts'
import { readFlagsRequest, writeFlags, writeMetadata } from './messages.ts'
import type { FlagsRequest } from './messages.ts'

/** What the service reads. */
export interface FlagSyncParts {
  readonly delivery: Delivery
  readonly authenticator: Authenticator
  readonly clock: Clock
  readonly log: Log
}

const asRead = (message: FlagsRequest): Buffer => Buffer.from(message.selector)
const asWritten = (bytes: Buffer): Buffer => bytes
const method = (name: string, responseStream: boolean) => ({
  path: `/flagd.sync.v1.FlagSyncService/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: asRead,
  requestDeserialize: readFlagsRequest,
  responseSerialize: asWritten,
  responseDeserialize: asWritten,
})

/** The methods with how their messages become bytes. */
export const flagSyncDefinition: ServiceDefinition = {
  syncFlags: method('SyncFlags', true),
  fetchAllFlags: method('FetchAllFlags', false),
  getMetadata: method('GetMetadata', false),
}

/** The service over what delivery has in memory. */
export function flagSyncService(parts: FlagSyncParts): UntypedServiceImplementation {
  const syncFlags: handleServerStreamingCall<FlagsRequest, Buffer> = (call) =>
    void follow(parts, call).catch((error: unknown) => call.emit('error', asStatus(parts, error)))
  const fetchAllFlags: handleUnaryCall<FlagsRequest, Buffer> = (call, answer) =>
    void once(parts, call, answer, (state) => writeFlags(flagdText(state)))
  const getMetadata: handleUnaryCall<FlagsRequest, Buffer> = (call, answer) =>
    void once(parts, call, answer, ({ snapshot: { project, environment } }) =>
      writeMetadata({ scope: `${project}/${environment}` }),
    )
  return { syncFlags, fetchAllFlags, getMetadata }
}

async function follow(parts: FlagSyncParts, call: ServerWritableStream<FlagsRequest, Buffer>): Promise<void> {
  const { state, sdkKey } = await allowed(parts, call)
  if (call.cancelled) return
  const { delivery } = parts
  const { project, environment } = state.snapshot
  const key = { project, environment }
  const sink = sinkOf(call, () => delivery.asked(key))
  delivery.follow({ key, instance: undefined, sdkKey, has: undefined, voice: flagdVoice }, sink)
}

async function once(
  parts: FlagSyncParts,
  call: ServerUnaryCall<FlagsRequest, Buffer>,
  answer: sendUnaryData<Buffer>,
  write: (state: EnvironmentState) => Buffer,
): Promise<void> {
  try {
    const { state } = await allowed(parts, call)
    const { project, environment } = state.snapshot
    parts.delivery.asked({ project, environment })
    answer(null, write(state))
  } catch (error) {
    answer(asStatus(parts, error))
  }
}

/** The environment of the key that came along. Throws a status. */
async function allowed(
  { authenticator, delivery, clock }: FlagSyncParts,
  call: { readonly metadata: Metadata; readonly request: FlagsRequest },
): Promise<{ readonly state: EnvironmentState; readonly sdkKey: string }> {
  const token = tokenOf(call.metadata, call.request)
  const actor = token === undefined ? undefined : await authenticator.authenticate(token, clock.now())
  if (actor === undefined) {
    throw refusal(
      status.UNAUTHENTICATED,
      'send a server key as the selector of the provider, or as metadata "authorization: Bearer fm_server_…"',
    )
  }
  const { project, environment } = actor
  if (project === undefined || environment === undefined || !permissionsOfActor(actor).has('snapshot:read'))
    throw refusal(status.PERMISSION_DENIED, 'this needs a server key: no other knows its environment')
  const state = await delivery.environments.get({ project, environment })
  if (state === undefined) throw refusal(status.NOT_FOUND, `there is no environment ${environment}`)
  return { state, sdkKey: actor.id }
}

/** flagd's providers can send a selector and nothing else of their own; programs and proxies may set `authorization`. */
function tokenOf(metadata: Metadata, { selector }: FlagsRequest): string | undefined {
  const first = (name: string) => metadata.get(name).find((it) => typeof it === 'string')
  const bearer = /^Bearer (.+)$/i.exec(first('authorization') ?? '')?.[1]
  const token = bearer ?? first('flagd-selector') ?? selector
  return /^[\w.~+/=-]{1,256}$/.test(token) ? token : undefined
}

/** Each message is the whole: a client that reads slowly is sent the newest once it has read the one before, and none between. */
function sinkOf(call: ServerWritableStream<FlagsRequest, Buffer>, sent: () => void): Sink {
  let open = true
  let writing = false
  let newest: string | undefined
  const closed: (() => void)[] = []
  const ended = (): void => {
    open = false
    for (const done of closed.splice(0)) done()
  }
  for (const event of ['cancelled', 'close', 'finish', 'error']) call.once(event, ended)
  const write = (): void => {
    if (writing || newest === undefined || !open) return
    writing = true
    call.write(writeFlags(newest), () => {
      writing = false
      write()
    })
    newest = undefined
    sent()
  }
  return {
    send({ data }) {
      newest = data
      write()
      return open
    },
    close: () => void call.emit('error', refusal(status.UNAVAILABLE, 'the stream has ended; connect again')),
    onClose(done) {
      if (open) closed.push(done)
      else done()
    },
  }
}

/** An error that grpc-js sends as a status. */
type Refused = Error & Pick<StatusObject, 'code' | 'details' | 'metadata'>

function refusal(code: status, details: string): Refused {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() })
}

function asStatus({ log }: FlagSyncParts, error: unknown): Refused & ServerErrorResponse {
  if (error instanceof Error && 'details' in error) return error as Refused
  if (failureOf(error) !== undefined) return refusal(status.UNAVAILABLE, 'the database is away')
  log.error({ err: error }, 'a stream for flagd could not be opened')
  return refusal(status.INTERNAL, 'the server failed')
}
