/**
 * What a change left unused: imports, and private constants, functions and types whose last use went
 * with it. What was unused before stays, and so does whatever does something when it is made.
 */
import { parse } from '../tree.ts'
import type { Named, Node, Tree } from '../tree.ts'
import { editsOf, wholeLines } from './edits.ts'
import type { Edits } from './edits.ts'
import { isIdle } from './effects.ts'
import { namesOf } from './names.ts'
import type { Declaration, Names } from './names.ts'

export interface Tidied {
  readonly text: string
  /** Lines of the new text with a name that nothing reads any more, and why it stays. */
  readonly left: readonly { readonly start: number; readonly why: string }[]
}

/** The last round finds nothing more; a chain of a hundred uses is none of a person. */
const ROUNDS = 100

/** Takes away what nothing uses any more, compared with the file as it was. */
export function tidy(file: string, text: string, before: Tree): Tidied {
  const unusedBefore = new Set(unused(namesOf(before)).map((it) => it.name))
  let current = text
  for (let round = 0; round < ROUNDS; round++) {
    const tree = parse(file, current)
    if (tree === undefined) break
    const names = namesOf(tree)
    const candidates = unused(names).filter((it) => !unusedBefore.has(it.name.replace(/^_/, '')))
    const edits = editsOf(current)
    for (const it of candidates) remove(it, { names, text: current, edits })
    cutImports(tree, candidates, { names, text: current, edits })
    if (edits.isEmpty) return { text: current, left: candidates.flatMap((it) => leftOf(it, names)) }
    current = edits.apply()
  }
  return { text: current, left: [] }
}

interface Tidying {
  readonly names: Names
  readonly text: string
  readonly edits: Edits
}

/** Names that nothing refers to and no other file can. */
function unused({ declarations, parentOf }: Names): readonly Declaration[] {
  return declarations.filter(
    ({ sites, references }) =>
      references.length === 0 &&
      sites.every((site) => {
        const statement = statementOf(site, parentOf)
        return statement !== undefined && parentOf(statement)?.type.startsWith('Export') !== true
      }),
  )
}

function statementOf(site: Node, parentOf: Names['parentOf']): Node | undefined {
  const own = parentOf(site)
  // A parameter is of its function, however far that is known.
  if (own !== undefined && /Function/.test(own.type) && !isNamedBy(own, site)) return site
  return own?.type === 'VariableDeclarator' ? parentOf(own) : own
}

function remove({ name, sites: [site, ...more] }: Declaration, tidying: Tidying): void {
  const { names, text, edits } = tidying
  const own = site === undefined ? undefined : names.parentOf(site)
  if (site === undefined || own === undefined || more.length > 0) return
  if (own.type === 'VariableDeclarator' && own.id === site) removeConstant(own, tidying)
  else if (own.type === 'Property') removeFromPattern(own, tidying)
  else if (
    /^(?:FunctionDeclaration|TSTypeAliasDeclaration|TSInterfaceDeclaration)$/.test(own.type) &&
    isNamedBy(own, site)
  )
    edits.cut(...wholeLines(text, own.start, own.end))
  // Callers give it all the same; a name that begins so is one that nobody is meant to read.
  else if (/^(?:Arrow)?Function/.test(own.type) && !name.startsWith('_') && !text.includes(`_${name}`))
    edits.put(site.start, '_')
}

function isNamedBy(node: Node, site: Node): boolean {
  return 'id' in node && node.id === site
}

/** Without what it is made by, where that does nothing else; otherwise that stays as a statement. */
function removeConstant(own: Named<'VariableDeclarator'>, { names, text, edits }: Tidying): void {
  const statement = names.parentOf(own)
  const isAlone = statement?.type === 'VariableDeclaration' && statement.declarations.length === 1
  const isListed = /^(?:Program|BlockStatement)$/.test(names.parentOf(statement ?? own)?.type ?? '')
  if (!isAlone || !isListed) return
  if (own.init === null || isIdle(own.init)) edits.cut(...wholeLines(text, statement.start, statement.end))
  else if (
    /^(?:CallExpression|AwaitExpression|NewExpression)$/.test(own.init.type) &&
    /^[\w$]/.test(text.slice(own.init.start))
  )
    edits.cut(statement.start, own.init.start)
  else {
    edits.cut(statement.start, own.init.start)
    edits.put(own.init.start, 'void (')
    edits.put(own.init.end, ')')
  }
}

/** `{ a, b }` without `b`, unless it gathers the rest. */
function removeFromPattern(own: Named<'Property'>, { names, edits }: Tidying): void {
  const pattern = names.parentOf(own)
  if (pattern?.type !== 'ObjectPattern' || pattern.properties.some((it) => it.type === 'RestElement')) return
  if (own.computed || names.parentOf(pattern)?.type === 'AssignmentExpression') return
  const at = pattern.properties.findIndex((it) => it === own)
  const [before, next] = [pattern.properties[at - 1], pattern.properties[at + 1]]
  if (next !== undefined) edits.cut(own.start, next.start)
  else edits.cut(before?.end ?? own.start, own.end)
}

function cutImports({ program }: Tree, candidates: readonly Declaration[], { text, edits }: Tidying): void {
  const sites = new Set(candidates.flatMap((it) => it.sites))
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || statement.specifiers.length === 0) continue
    const kept = statement.specifiers.filter((it) => !sites.has(it.local))
    if (kept.length === statement.specifiers.length) continue
    if (kept.length === 0) edits.cut(...wholeLines(text, statement.start, statement.end))
    else {
      edits.cut(statement.start, statement.end)
      edits.put(statement.start, importOf(statement, kept, text))
    }
  }
}

/** The import of what is kept, in the words of the one before. */
function importOf(
  { importKind, source, end }: Named<'ImportDeclaration'>,
  kept: Named<'ImportDeclaration'>['specifiers'],
  text: string,
): string {
  const written = (it: Node) => text.slice(it.start, it.end)
  const named = kept.filter((it) => it.type === 'ImportSpecifier').map(written)
  const whole = kept.filter((it) => it.type !== 'ImportSpecifier').map(written)
  const parts = [...whole, ...(named.length === 0 ? [] : [`{ ${named.join(', ')} }`])]
  return `import ${importKind === 'type' ? 'type ' : ''}${parts.join(', ')} from ${text.slice(source.start, end)}`
}

function leftOf({ name, sites: [site] }: Declaration, { parentOf }: Names): Tidied['left'] {
  const own = site === undefined ? undefined : parentOf(site)
  if (site === undefined || own === undefined || /^(?:TS|Import)/.test(own.type)) return []
  return [{ start: site.start, why: `nothing reads ${name} any more` }]
}
