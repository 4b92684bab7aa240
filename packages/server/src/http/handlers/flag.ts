/** Flags, segments and kills over HTTP. */
import type { flagOperations } from '@flagmarshal/api/flag'
import type { killOperations } from '@flagmarshal/api/kill'
import type { reachOperations } from '@flagmarshal/api/reach'
import type { segmentOperations } from '@flagmarshal/api/segment'

import { explainFlag } from '../../delivery/explain.ts'
import { archiveFlag, restoreFlag } from '../../flag/archive.ts'
import { changeFlag } from '../../flag/change.ts'
import { configureFlag } from '../../flag/configure.ts'
import { createFlag } from '../../flag/create.ts'
import { getKill, killFlag } from '../../flag/kill.ts'
import { estimateReach } from '../../flag/reach.ts'
import { getFlag, getFlagConfig, listFlags } from '../../flag/read.ts'
import { changeSegment, createSegment, getSegment, listSegments } from '../../flag/segments.ts'
import { createKillLink, listKillLinks, revokeKillLink } from '../../kill-page/link.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

type Operations = typeof flagOperations &
  typeof segmentOperations &
  typeof killOperations &
  typeof reachOperations

export const handlers: Handlers<Operations> = {
  listFlags: async ({ services, params }) => replyList(await listFlags(services.database, params.project)),

  createFlag: async ({ context, services, params, body }) =>
    reply(await createFlag(context, services, params.project, body)),

  archiveFlag: async ({ context, services, params, body }) =>
    reply(await archiveFlag(context, services.database, { ...params, ...body })),

  restoreFlag: async ({ context, services, params, body }) =>
    reply(await restoreFlag(context, services.database, { ...params, ...body })),

  getFlag: async ({ services, params }) =>
    reply(await getFlag(services.database, params.project, params.flag)),

  changeFlag: async ({ context, services, params, body, ifMatch }) =>
    reply(await changeFlag(context, services, params, { change: body, ifMatch })),

  getFlagConfig: async ({ services, params }) => reply(await getFlagConfig(services.database, params)),

  configureFlag: async ({ context, services, params, body, ifMatch }) =>
    reply(await configureFlag(context, services, params, { change: body, ifMatch })),

  explainFlag: async ({ services, params, body }) => reply(await explainFlag(services, params, body)),

  estimateReach: async ({ context, services, params, body }) =>
    reply(await estimateReach(context, services.database, params, body.draft)),

  listSegments: async ({ services, params }) =>
    replyList(await listSegments(services.database, params.project)),

  createSegment: async ({ context, services, params, body }) =>
    reply(await createSegment(context, services, params.project, body)),

  getSegment: async ({ services, params }) =>
    reply(await getSegment(services.database, params.project, params.segment)),

  changeSegment: async ({ context, services, params, body, ifMatch }) =>
    reply(await changeSegment(context, services, params, { content: body, ifMatch })),

  killFlag: async ({ context, services, params, body }) => {
    // The environment's revision inside of a kill is not the ETag of one.
    const kill = await killFlag(context, services, params, body.reason)
    return 'refused' in kill ? kill : { body: kill }
  },

  createKillLink: async ({ context, services, params, body, header }) => {
    const address = services.accounts.publicUrl ?? `http://${header('host') ?? 'localhost'}`
    return reply(await createKillLink(context, { ...services, address }, params, body))
  },

  listKillLinks: async ({ context, services, params }) =>
    replyList(await listKillLinks(context, services.database, params.project)),

  revokeKillLink: async ({ context, services, params }) =>
    reply(await revokeKillLink(context, services.database, params)),

  getKill: async ({ services, params }) => {
    const kill = await getKill(services.database, params, params.kill)
    return 'refused' in kill ? kill : { body: kill }
  },
}
