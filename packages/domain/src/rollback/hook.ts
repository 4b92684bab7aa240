/**
 * What a hook is: a way to put code, data or infrastructure back that somebody else carries out, asked
 * by a signed request, a program with fixed arguments, or a workflow of GitHub.
 *
 * A definition never changes: an edit makes the next version, so that what was approved is what runs.
 * Names in braces are filled in from a closed set; nothing else of an argument is ever interpreted.
 */

/** What it puts back. */
export const HOOK_PARTS = ['code', 'data', 'infrastructure'] as const
export type HookPart = (typeof HOOK_PARTS)[number]

/** How it is asked. */
export type HookAction =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'command'; readonly program: string; readonly args: readonly string[] }
  | {
      readonly kind: 'github'
      /** https://api.github.com, or the one of an own installation. */
      readonly api: string
      /** `owner/name`. */
      readonly repository: string
      /** File name of the workflow, like `rollback.yml`. */
      readonly workflow: string
      readonly ref: string
      readonly inputs: Readonly<Record<string, string>>
    }

/** What shows that it worked. */
export type HookProbe =
  | { readonly kind: 'http'; readonly url: string; readonly status: number; readonly contains?: string }
  | { readonly kind: 'command'; readonly program: string; readonly args: readonly string[] }

/** Where it acts. */
export interface HookTarget {
  readonly action: HookAction
  /** Of code and infrastructure; data is verified by the hook's own phase `verify`. */
  readonly probe?: HookProbe
  /** For each phase, the probe included; milliseconds. */
  readonly budgetMs: number
}

export interface HookDefinition {
  readonly part: HookPart
  readonly title: string
  readonly production: HookTarget
  /** Where it is really tried out (P-S5-9), or why there is no such place. */
  readonly staging: HookTarget | { readonly none: string }
}

/** What stands in for a name in braces. */
export interface HookValues {
  /** What is gone back to. */
  readonly version: string
  readonly project: string
  readonly feature: string
  readonly flag: string
  readonly environment: string
  readonly hook: string
  /** Of the run of the hook: the same each time it is begun, so that a repeat can be told from a second. */
  readonly key: string
  readonly phase: HookPhase
}

/** What a hook is asked to do. `dry-run` changes nothing; `verify` of data is its integrity check. */
export type HookPhase = 'dry-run' | 'probe' | 'plan' | 'verify' | 'apply'

/** Every name that may stand in braces. */
export const PLACEHOLDERS = [
  'version',
  'project',
  'feature',
  'flag',
  'environment',
  'hook',
  'key',
  'phase',
] as const satisfies readonly (keyof HookValues)[]

const BRACES = /\{([a-z]+)\}/g

/** A text with its names filled in; `escape` makes a value fit its place. Unknown names stay as they are. */
export function fillIn(
  text: string,
  values: HookValues,
  escape: (value: string) => string = (it) => it,
): string {
  return text.replaceAll(BRACES, (whole, name: string) => {
    const known = PLACEHOLDERS.find((it) => it === name)
    return known === undefined ? whole : escape(values[known])
  })
}

/** What is wrong with a definition; empty where nothing is. */
export function faultsOfHook({ part, production, staging }: HookDefinition): readonly string[] {
  const targets: readonly (readonly [string, HookTarget])[] = [
    ['production', production],
    ...('none' in staging ? [] : [['staging', staging] as const]),
  ]
  return targets.flatMap(([name, target]) => faultsOfTarget(part, target).map((it) => `${name}: ${it}`))
}

function faultsOfTarget(part: HookPart, { action, probe }: HookTarget): readonly string[] {
  const unknown = [...textsOf(action), ...(probe === undefined ? [] : textsOf(probe))].flatMap((text) =>
    [...text.matchAll(BRACES)]
      .map(([, name]) => name ?? '')
      .filter((name) => !PLACEHOLDERS.some((it) => it === name))
      .map((name) => `{${name}} is none of ${PLACEHOLDERS.map((it) => `{${it}}`).join(' ')}`),
  )
  if (part !== 'data') {
    const lost =
      action.kind === 'github' && !Object.values(action.inputs).some((it) => it.includes('{key}'))
        ? ['an input must hold {key}: the run of the workflow is found again by it']
        : []
    const blind = probe === undefined ? ['a probe is needed that shows that it worked'] : []
    return [...unknown, ...lost, ...blind]
  }
  const silent = action.kind === 'github' ? ['a workflow of GitHub cannot answer what data needs'] : []
  const deaf =
    action.kind === 'command' && !action.args.some((it) => it.includes('{phase}'))
      ? ['an argument must hold {phase}: data is planned, verified and applied by the same program']
      : []
  return [...unknown, ...silent, ...deaf]
}

function textsOf(it: HookAction | HookProbe): readonly string[] {
  switch (it.kind) {
    case 'http':
      return 'contains' in it && it.contains !== undefined ? [it.url, it.contains] : [it.url]
    case 'command':
      return it.args
    case 'github':
      return [it.ref, ...Object.values(it.inputs)]
  }
}
