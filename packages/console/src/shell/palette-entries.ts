/** What the palette can go to: pages, features, flags, what is on, and a few acts that harm nothing. */
import { useQuery } from '@tanstack/react-query'

import { paths } from '../paths.ts'
import { reading } from '../query.ts'
import { INSTALLATION, projectSections } from '../settings/sections.ts'
import type { Section } from '../settings/sections.ts'

export interface Entry {
  readonly group: 'Pages' | 'Features' | 'Flags' | 'Turn off' | 'Acts'
  readonly title: string
  /** An address of the console; of the server, where `outside`; or an act by its name. */
  readonly to: string
  readonly outside?: true
}

/** Entries for a project; without one, those that need none. An act is `act:` and its name. */
export function useEntries(project: string | undefined): readonly Entry[] {
  const everywhere: readonly Entry[] = [
    { group: 'Pages', title: 'Home', to: paths.home() },
    { group: 'Pages', title: 'Now: changes of the last two hours', to: paths.now() },
    { group: 'Pages', title: 'Account and password', to: paths.account() },
    { group: 'Pages', title: 'Status of the product', to: paths.status() },
    { group: 'Pages', title: 'Settings', to: paths.settings() },
    ...INSTALLATION.map(settingsEntry),
    { group: 'Turn off', title: 'Kill list: everything that is on', to: paths.killList(), outside: true },
    { group: 'Acts', title: 'Use the other theme', to: 'act:theme' },
    { group: 'Acts', title: 'Keyboard shortcuts', to: 'act:keys' },
  ]
  const params = { project: project ?? '' }
  const enabled = project !== undefined
  const features = useQuery({ ...reading('listFeatures', { params }), enabled }).data?.items ?? []
  const flags = useQuery({ ...reading('listFlags', { params }), enabled }).data?.items ?? []
  if (project === undefined) return everywhere
  return [
    { group: 'Pages', title: 'Features', to: paths.features(project) },
    { group: 'Pages', title: 'Flags', to: paths.flags(project) },
    { group: 'Pages', title: 'Drafts', to: paths.drafts(project) },
    { group: 'Pages', title: 'Rollouts', to: paths.rollouts(project) },
    { group: 'Pages', title: 'Calendar of rollouts', to: paths.rolloutCalendar(project) },
    { group: 'Pages', title: 'Get started', to: paths.start(project) },
    { group: 'Pages', title: 'Register a feature', to: paths.register(project) },
    { group: 'Pages', title: 'Rollbacks', to: paths.rollbacks(project) },
    ...projectSections(project).map(settingsEntry),
    ...everywhere,
    ...features.map(({ key, name }): Entry => ({
      group: 'Features',
      title: `${key} · ${name}`,
      to: paths.feature(project, key),
    })),
    ...flags.map(({ key, name }): Entry => ({
      group: 'Flags',
      title: `${key} · ${name}`,
      to: paths.flag(project, key),
    })),
    // It opens the page on which one holds: nothing is turned off from here.
    ...flags.flatMap(({ key, environments }) =>
      environments
        .filter((it) => it.enabled)
        .map(({ environment }): Entry => ({
          group: 'Turn off',
          title: `${key} in ${environment}: turn off`,
          to: paths.kill(project, environment, key),
          outside: true,
        })),
    ),
  ]
}

function settingsEntry({ word, to }: Section): Entry {
  return { group: 'Pages', title: `Settings: ${word}`, to }
}
