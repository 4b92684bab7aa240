/** Projects over HTTP. */
import type { projectOperations } from '@flagmarshal/api/project'

import { createProject } from '../../project/create.ts'
import { addEnvironment, archiveEnvironment, restoreEnvironment } from '../../project/environments.ts'
import { getProject, listEnvironments, listProjects } from '../../project/read.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof projectOperations> = {
  listProjects: async ({ context, services }) => replyList(await listProjects(context, services.database)),

  createProject: async ({ context, services, body }) =>
    reply(await createProject(context, services.database, body)),

  listEnvironments: async ({ services, params }) =>
    replyList(await listEnvironments(services.database, params.project)),

  addEnvironment: async ({ context, services, params, body }) =>
    reply(await addEnvironment(context, services.database, params.project, body)),

  archiveEnvironment: async ({ context, services, params }) =>
    reply(await archiveEnvironment(context, services.database, params.project, params.environment)),

  restoreEnvironment: async ({ context, services, params }) =>
    reply(await restoreEnvironment(context, services.database, params.project, params.environment)),

  getProject: async ({ services, params }) => reply(await getProject(services.database, params.project)),
}
