/** Where one can go. A page that a version does not have is not listed. */
import { useRouterState } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import type { IconName } from '../ui/icons.tsx'
import { Icon } from '../ui/icons.tsx'
import { Link } from '../ui/link.tsx'
import { useProject } from './project.ts'

import classes from './shell.module.css'

interface Entry {
  readonly word: string
  readonly icon: IconName
  readonly to: string
}

/** The entries of the navigation; those of a project need one. */
function entriesOf(project: string | undefined): readonly Entry[] {
  const everywhere: readonly Entry[] = [
    { word: 'Home', icon: 'home', to: paths.home() },
    { word: 'Now', icon: 'clock', to: paths.now() },
  ]
  const always: readonly Entry[] = [
    { word: 'Settings', icon: 'settings', to: paths.settings() },
    { word: 'Status', icon: 'pulse', to: paths.status() },
  ]
  if (project === undefined) return [...everywhere, ...always]
  return [
    ...everywhere,
    { word: 'Features', icon: 'steps', to: paths.features(project) },
    { word: 'Rollouts', icon: 'play', to: paths.rollouts(project) },
    { word: 'Flags', icon: 'flag', to: paths.flags(project) },
    { word: 'Drafts', icon: 'copy', to: paths.drafts(project) },
    { word: 'Segments', icon: 'person', to: paths.segments(project) },
    { word: 'Audit', icon: 'lock', to: paths.audit(project) },
    { word: 'Get started', icon: 'plug', to: paths.start(project) },
    ...always,
  ]
}

export function Navigation({ onGo }: { readonly onGo?: () => void }): ReactElement {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const project = useProject()
  return (
    <nav aria-label="Main" className={classes['navigation']}>
      {entriesOf(project).map((it) => {
        const here = isHere(it.to, path)
        return (
          <Link
            key={it.to}
            to={it.to}
            className={classes['entry'] ?? ''}
            aria-current={here ? 'page' : undefined}
            {...(onGo === undefined ? {} : { onClick: onGo })}
          >
            <Icon name={it.icon} />
            {it.word}
          </Link>
        )
      })}
      {/* A page of the server's own, so no link of the router. */}
      <a href={paths.killList()} className={classes['entry']}>
        <Icon name="off" />
        Turn off
      </a>
    </nav>
  )
}

/** The settings of a project have addresses of the project, and one entry. */
function isHere(to: string, path: string): boolean {
  if (to === paths.home()) return path === to
  if (to === paths.settings() && /^\/p\/[^/]+\/settings(\/|$)/.test(path)) return true
  return path === to || path.startsWith(`${to}/`)
}
