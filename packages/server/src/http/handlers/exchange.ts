/** Formats of other tools, over HTTP. */
import type { exchangeOperations } from '@flagmarshal/api/exchange'
import { FlagConfigChange, NewFlag } from '@flagmarshal/api/flag'
import { NewSegment } from '@flagmarshal/api/segment'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { z } from 'zod'

import { exportFlags, flagdDefinition, manifestOf } from '../../exchange/export.ts'
import { importFlags } from '../../exchange/import.ts'
import type { ImportReaders } from '../../exchange/import.ts'
import {
  changeManifestFlag,
  archiveManifestFlag,
  createManifestFlag,
  manifestPlace,
} from '../../exchange/manifest.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from '../own-environment.ts'

/** What is imported is held to what everybody else may send. */
const readers: ImportReaders = {
  flag: (value) => readBy(NewFlag, value),
  config: (value) => readBy(FlagConfigChange, value),
  segment: (value) => readBy(NewSegment, value),
}

const CAPABILITIES = { 'x-manifest-capabilities': 'read,write,delete' }

export const handlers: Handlers<typeof exchangeOperations> = {
  getFlagdDefinition: async ({ context, services }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const it = await flagdDefinition(services, key)
    return isRefusal(it) ? it : { body: it.definition, revision: it.revision }
  },

  getManifest: async ({ context, services }) => {
    const key = await manifestPlace(services.database, context.actor)
    if (isRefusal(key)) return key
    return { body: await manifestOf(services, key), headers: CAPABILITIES }
  },

  createManifestFlag: async ({ context, services, body }) => {
    const key = await manifestPlace(services.database, context.actor)
    return reply(isRefusal(key) ? key : await createManifestFlag(context, services, key, body))
  },

  changeManifestFlag: async ({ context, services, params, body }) => {
    const key = await manifestPlace(services.database, context.actor)
    return reply(
      isRefusal(key) ? key : await changeManifestFlag(context, services, { ...key, ...params }, body),
    )
  },

  archiveManifestFlag: async ({ context, services, params }) => {
    const key = await manifestPlace(services.database, context.actor)
    return reply(isRefusal(key) ? key : await archiveManifestFlag(context, services, { ...key, ...params }))
  },

  importFlags: async ({ context, services, params, query, body }) =>
    reply(await importFlags(context, services, { ...params, ...query, definition: body }, readers)),

  exportFlags: async ({ services, params, query }) =>
    reply(await exportFlags(services, { ...params, environment: query.environment }, query.format)),
}

/** The value, or in a clause what is wrong with it. */
function readBy<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | string {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [first] = read.error.issues
  return `/${first?.path.join('/') ?? ''}: ${first?.message ?? 'it cannot be stored'}`
}
