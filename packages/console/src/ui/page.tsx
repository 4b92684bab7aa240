/** The frame of a page: heading, what it is, how fresh it is, actions; and the cards in it. */
import { useDocumentTitle, useMergedRef, useResizeObserver } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import classes from './page.module.css'

interface PageProps {
  readonly title: string
  /** Above the title: where this is. */
  readonly crumbs?: ReactNode
  /** Beside the title: state. */
  readonly beside?: ReactNode
  /** At the right: freshness, actions. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, crumbs, beside, actions, children }: PageProps): ReactElement {
  useDocumentTitle(`${title} · Flagmarshal`)
  return (
    <div className={classes['page']}>
      <header className={classes['header']}>
        <div className={classes['heading']}>
          {crumbs === undefined ? null : <div className={classes['crumbs']}>{crumbs}</div>}
          <div className={classes['title']}>
            <h1>{title}</h1>
            {beside}
          </div>
        </div>
        {actions === undefined ? null : <div className={classes['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

interface CardProps {
  readonly title: string
  /** Beside the title. */
  readonly beside?: ReactNode
  readonly actions?: ReactNode
  /** Tables and lists reach the edges. */
  readonly flush?: boolean
  readonly children: ReactNode
}

/** A part of a page with a heading of its own. */
export function Card({ title, beside, actions, flush = false, children }: CardProps): ReactElement {
  return (
    <section className={classes['card']} aria-label={title}>
      <header className={classes['cardHeader']}>
        <h2>{title}</h2>
        {beside}
        {actions === undefined ? null : <div className={classes['cardActions']}>{actions}</div>}
      </header>
      {flush ? <Flush>{children}</Flush> : <div className={classes['cardBody']}>{children}</div>}
    </section>
  )
}

/** Reaches the edges; what is too wide scrolls, by keyboard too. */
function Flush({ children }: { readonly children: ReactNode }): ReactElement {
  const element = useRef<HTMLDivElement>(null)
  const [watch] = useResizeObserver<HTMLDivElement>()
  const ref = useMergedRef(element, watch)
  const [scrolls, setScrolls] = useState(false)
  // Measured after every drawing: both the window and the content may have changed.
  useEffect(() => {
    setScrolls(element.current !== null && element.current.scrollWidth > element.current.clientWidth)
  })
  return (
    <div ref={ref} className={classes['flush']} {...(scrolls ? { tabIndex: 0 } : {})}>
      {children}
    </div>
  )
}
