/**
 * What the in-process providers of flagd are told on a stream: the whole definition, each time.
 */
import type { EnvironmentState } from '../delivery/environment-state.ts'
import type { Told, Voice } from '../delivery/voices.ts'
import { definitionOf } from './export.ts'

/** The definition of a state as a text, made once for everybody who is sent it. */
const texts = new WeakMap<EnvironmentState, string>()

/** For flagd's in-process providers: they replace what they have, so that nothing is missed. */
export const flagdVoice: Voice = { greet: told, change: told }

function told(state: EnvironmentState): Told {
  return { event: 'flags', data: flagdText(state) }
}

/**
 * The definition as flagd's providers are sent it. Its `scope` is the environment: without one they
 * would put their selector there, which is a key, and show it with every evaluation.
 */
export function flagdText(state: EnvironmentState): string {
  const known = texts.get(state)
  if (known !== undefined) return known
  const { definition } = definitionOf(state)
  const { project, environment } = state.snapshot
  const metadata = { ...definition.metadata, scope: `${project}/${environment}` }
  const text = JSON.stringify({ ...definition, metadata })
  texts.set(state, text)
  return text
}
