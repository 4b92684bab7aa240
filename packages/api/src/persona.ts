/**
 * Personas on the wire: contexts that a project keeps, to ask who gets what and why.
 */
import { z } from 'zod'

import { EvaluationContext } from './flag-model.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Instant, Key, Line, list } from './shapes.ts'

/** The largest context of a persona, as JSON, in characters. */
const LARGEST_CONTEXT = 20_000

export const SavePersona = z
  .strictObject({
    name: Line,
    context: EvaluationContext.refine(
      (it) => JSON.stringify(it).length <= LARGEST_CONTEXT,
      'A context is at most 20,000 characters.',
    ),
  })
  .meta({ id: 'SavePersona' })
export type SavePersona = z.infer<typeof SavePersona>

export const Persona = z
  .strictObject({
    key: Key,
    name: Line,
    context: z.record(z.string(), z.unknown()),
    savedAt: Instant,
    savedBy: z.string(),
  })
  .meta({ id: 'Persona' })
export type Persona = z.infer<typeof Persona>

const PersonaPath = z.strictObject({ ...ProjectPath.shape, persona: Key })

export const personaOperations = {
  listPersonas: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/personas',
    summary: 'List the personas of a project.',
    can: 'flag:read',
    params: ProjectPath,
    success: { status: 200, body: list(Persona) },
  }),
  savePersona: operation({
    method: 'PUT',
    path: '/api/v1/projects/{project}/personas/{persona}',
    summary: 'Keep a context under a name, in place of what the name held.',
    can: 'flag:write',
    exposes: 'never',
    params: PersonaPath,
    body: SavePersona,
    success: { status: 200, body: Persona },
  }),
  deletePersona: operation({
    method: 'DELETE',
    path: '/api/v1/projects/{project}/personas/{persona}',
    summary: 'Forget a persona.',
    can: 'flag:write',
    exposes: 'never',
    params: PersonaPath,
    success: { status: 204 },
  }),
}
