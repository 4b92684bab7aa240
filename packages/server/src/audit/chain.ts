/**
 * Names of audit chains: one for the installation (people, tokens, projects), one for each project.
 */

/** A project, by key, or the installation. */
export type ChainOwner = { readonly project: string } | 'installation'

/** The name under which a chain is stored and hashed; no project key can collide with the other. */
export function chainOf(owner: ChainOwner): string {
  return owner === 'installation' ? owner : `project:${owner.project}`
}
