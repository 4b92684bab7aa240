/**
 * Typed accessors over `@openfeature/server-sdk`, in the shape of the OpenFeature CLI's own Node
 * generator, so that code moves between the two without a change.
 */
import type { Accessor } from './accessor.ts'
import { comment, flagKeys, hasObjects, HEADER, literal, typeOf } from './source.ts'

const GETTERS = {
  boolean: 'Boolean',
  string: 'String',
  number: 'Number',
  JsonValue: 'Object',
} as const

/** The source of a module. */
export function nodeSource(accessors: readonly Accessor[]): string {
  const types = [
    'EvaluationContext',
    'EvaluationDetails',
    'FlagEvaluationOptions',
    ...(hasObjects(accessors) ? ['JsonValue'] : []),
  ]
  return `${[
    HEADER,
    "import { OpenFeature } from '@openfeature/server-sdk'",
    `import type { ${types.join(', ')} } from '@openfeature/server-sdk'`,
    '',
    flagKeys(accessors),
    '',
    '/** One method for the value of each flag, and one for its details. */',
    'export interface GeneratedClient {',
    ...accessors.flatMap(declaration),
    '}',
    '',
    FACTORY,
    ...accessors.flatMap(method),
    '  }',
    '}',
  ].join('\n')}\n`
}

const GIVEN = 'context?: EvaluationContext, options?: FlagEvaluationOptions'

const FACTORY = `/** A client over the default provider, or over the provider of a domain. */
export function getGeneratedClient(context?: EvaluationContext): GeneratedClient
export function getGeneratedClient(domain: string, context?: EvaluationContext): GeneratedClient
export function getGeneratedClient(
  domainOrContext?: string | EvaluationContext,
  contextOfDomain?: EvaluationContext,
): GeneratedClient {
  const client =
    typeof domainOrContext === 'string'
      ? OpenFeature.getClient(domainOrContext, contextOfDomain)
      : OpenFeature.getClient(domainOrContext)
  return {`

function declaration(accessor: Accessor): readonly string[] {
  const type = typeOf(accessor)
  const about = comment(accessor, '  ')
  return [
    about,
    `  ${accessor.camel}(${GIVEN}): Promise<${type}>`,
    about,
    `  ${accessor.camel}Details(${GIVEN}): Promise<EvaluationDetails<${type}>>`,
  ]
}

function method({ camel, key, defaultValue, type }: Accessor): readonly string[] {
  const getter = GETTERS[typeOf({ type })]
  const generic = type === 'object' ? '<JsonValue>' : ''
  const call = (kind: 'Value' | 'Details') =>
    `client.get${getter}${kind}${generic}(${literal(key)}, ${literal(defaultValue)}, context, options)`
  return [
    `    ${camel}: (context, options) => ${call('Value')},`,
    `    ${camel}Details: (context, options) => ${call('Details')},`,
  ]
}
