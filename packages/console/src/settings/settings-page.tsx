/** The frame of every page of settings: its sections beside what is settled. */
import { useRouterState } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'

import { paths } from '../paths.ts'
import { useProject } from '../shell/project.ts'
import { Link } from '../ui/link.tsx'
import { Page } from '../ui/page.tsx'
import { INSTALLATION, projectSections } from './sections.ts'
import type { Section } from './sections.ts'

import classes from './settings.module.css'

interface SettingsPageProps {
  readonly title: string
  /** Beside the title: state. */
  readonly beside?: ReactNode
  /** At the right: freshness, actions. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function SettingsPage({ title, beside, actions, children }: SettingsPageProps): ReactElement {
  const project = useProject()
  return (
    <Page
      title={title}
      crumbs={<Link to={paths.settings()}>Settings</Link>}
      {...(beside === undefined ? {} : { beside })}
      {...(actions === undefined ? {} : { actions })}
    >
      <div className={classes['frame']}>
        <nav className={classes['sections']} aria-label="Settings">
          {project === undefined ? null : (
            <Sections title={`Project ${project}`} of={projectSections(project)} />
          )}
          <Sections title="The whole installation" of={INSTALLATION} />
        </nav>
        <div className={classes['parts']}>{children}</div>
      </div>
    </Page>
  )
}

function Sections({ title, of }: { readonly title: string; readonly of: readonly Section[] }): ReactElement {
  const path = useRouterState({ select: (state) => state.location.pathname })
  return (
    <>
      <h2>{title}</h2>
      {of.map((it) => (
        <Link
          key={it.to}
          to={it.to}
          aria-current={path === it.to || path.startsWith(`${it.to}/`) ? 'page' : undefined}
        >
          {it.word}
        </Link>
      ))}
    </>
  )
}
