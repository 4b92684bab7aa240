/** Projects over HTTP. */
import type { projectOperations } from '@flagmarshal/api/project'

import { createProject } from '../../project/create.ts'
import { getProject, listProjects } from '../../project/read.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof projectOperations> = {
  listProjects: async ({ context, services }) => replyList(await listProjects(context, services.database)),

  createProject: async ({ context, services, body }) =>
    reply(await createProject(context, services.database, body)),

  getProject: async ({ services, params }) => reply(await getProject(services.database, params.project)),
}
