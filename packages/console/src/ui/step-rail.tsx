/**
 * The seven steps with their states, inputs and work plan before them: where the run stands. On a phone
 * it is one line that opens, so that the page itself begins at the top.
 */
import { UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { paths } from '../paths.ts'
import type { Answer } from '../query.ts'
import { Icon } from './icons.tsx'
import { Link } from './link.tsx'
import { Status } from './status.tsx'

import classes from './step-rail.module.css'

interface StepRailProps {
  readonly run: Answer<'showRun'>
  /** The step whose page is open. */
  readonly here?: number
}

export function StepRail({ run, here }: StepRailProps): ReactElement {
  const { project, feature } = run
  const given = run.inputs.filter((it) => it.state === 'provided').length
  const review = run.workPlan.review?.verdict
  const done = run.steps.filter((it) => it.state === 'go' || it.state === 'not_applicable').length
  const [openAt, setOpenAt] = useState<string>()
  // Another page closes it again.
  const open = openAt === location.pathname
  const standing = run.steps.find((it) => it.number === (here ?? run.step))
  return (
    <nav aria-label="Steps of the procedure" className={classes['rail']}>
      <UnstyledButton
        className={classes['compact'] ?? ''}
        aria-expanded={open}
        onClick={() => setOpenAt(open ? undefined : location.pathname)}
      >
        <span className={classes['title']}>
          {standing === undefined ? 'All steps' : `Step ${standing.number} of ${run.steps.length}`}
        </span>
        <span className={classes['state']}>
          {done} of {run.steps.length} are Go
        </span>
        <Icon name="down" />
      </UnstyledButton>
      <div className={classes['all']} data-open={open || undefined}>
        <Row to={paths.feature(project, feature)} title="Overview" mark="">
          {done} of {run.steps.length} steps are Go
        </Row>
        <Row to={paths.inputs(project, feature)} title="Inputs" mark="">
          {given} of {run.inputs.length} given
        </Row>
        <Row to={paths.workPlan(project, feature)} title="Work plan" mark="">
          {review === 'approved' ? 'reviewed' : review === 'rejected' ? 'sent back' : 'not reviewed'}
        </Row>
        <ol className={classes['steps']}>
          {run.steps.map((step) => (
            <li key={step.number} data-here={step.number === run.step || undefined}>
              <Row
                to={paths.step(project, feature, step.number)}
                title={step.title}
                mark={String(step.number)}
                current={step.number === here}
              >
                <Status of={step.state} />
                {step.attempt > 1 ? <span className={classes['attempt']}>attempt {step.attempt}</span> : null}
              </Row>
            </li>
          ))}
        </ol>
        <Row to={paths.documents(project, feature)} title="Documents" mark="">
          preview, publish, drift
        </Row>
        <Row to={paths.monitoringFiles(project, feature)} title="Files of monitoring" mark="">
          rules, routes, dashboard
        </Row>
        <Row to={paths.approval(project, feature)} title="Reviews and approval" mark="">
          {run.reviews.filter((it) => it.state === 'reviewed').length} of {run.reviews.length} reviewed
        </Row>
        <Row to={paths.outputs(project, feature)} title="Outputs" mark="">
          {run.milestones.filter((it) => it.reached).length} of {run.milestones.length} state changes
        </Row>
        <Row to={paths.evidenceOf(project, feature)} title="Evidence" mark="">
          every stored fact
        </Row>
      </div>
    </nav>
  )
}

interface RowProps {
  readonly to: string
  readonly title: string
  readonly mark: string
  readonly current?: boolean
  readonly children: ReactNode
}

function Row({ to, title, mark, current, children }: RowProps): ReactElement {
  const here = current ?? location.pathname === to
  return (
    <Link to={to} className={classes['row'] ?? ''} aria-current={here ? 'page' : undefined}>
      <span className={classes['mark']}>{mark}</span>
      <span className={classes['words']}>
        <span className={classes['title']}>{title}</span>
        <span className={classes['state']}>{children}</span>
      </span>
    </Link>
  )
}
