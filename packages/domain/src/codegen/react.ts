/** Typed hooks over `@openfeature/react-sdk`, in the shape of the OpenFeature CLI's own React generator. */
import type { Accessor } from './accessor.ts'
import { comment, flagKeys, hasObjects, HEADER, literal, typeOf } from './source.ts'

/** The source of a module. */
export function reactSource(accessors: readonly Accessor[]): string {
  const types = [
    'FlagQuery',
    ...(hasObjects(accessors) ? ['JsonValue'] : []),
    'ReactFlagEvaluationNoSuspenseOptions',
    'ReactFlagEvaluationOptions',
  ]
  return `${[
    "'use client'",
    HEADER,
    ...(accessors.length === 0
      ? []
      : [
          "import { useFlag, useSuspenseFlag } from '@openfeature/react-sdk'",
          `import type { ${types.join(', ')} } from '@openfeature/react-sdk'`,
        ]),
    '',
    flagKeys(accessors),
    ...accessors.flatMap(hooks),
  ].join('\n')}\n`
}

function hooks(accessor: Accessor): readonly string[] {
  const { pascal, key, defaultValue, type } = accessor
  const named = typeOf({ type })
  const generic = type === 'object' ? '<JsonValue>' : ''
  const hook = (name: 'useFlag' | 'useSuspenseFlag', options: string) => [
    '',
    comment(accessor),
    `export function ${name === 'useFlag' ? 'use' : 'useSuspense'}${pascal}(`,
    `  options?: ${options},`,
    `): FlagQuery<${named}> {`,
    `  return ${name}${generic}(${literal(key)}, ${literal(defaultValue)}, options)`,
    '}',
  ]
  return [
    ...hook('useFlag', 'ReactFlagEvaluationOptions'),
    ...hook('useSuspenseFlag', 'ReactFlagEvaluationNoSuspenseOptions'),
  ]
}
