/** Keys that work on every page; the palette is loaded when it is first asked for. */
import { useRouter } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useProject } from './project.ts'

const Palette = lazy(() => import('./palette.tsx').then((it) => ({ default: it.Palette })))
const Sheet = lazy(() => import('./palette.tsx').then((it) => ({ default: it.Keys })))

/** What lies over the page. */
export type Shown = 'palette' | 'sheet' | undefined

interface KeysProps {
  readonly shown: Shown
  readonly show: (what: Shown) => void
}

/** Listens, and shows what was asked for. */
export function Keys({ shown, show }: KeysProps): ReactElement {
  const router = useRouter()
  const project = useProject()
  const wentTo = useRef(false)

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return show('palette')
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      const to = wentTo.current ? placeOf(event.key, project) : undefined
      wentTo.current = event.key === 'g'
      if (event.key === '?') show('sheet')
      else if (to !== undefined) router.history.push(to)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [router, project, show])

  const close = () => show(undefined)
  return (
    <Suspense fallback={null}>
      {shown === 'palette' ? <Palette close={close} showKeys={() => show('sheet')} /> : null}
      {shown === 'sheet' ? <Sheet close={close} /> : null}
    </Suspense>
  )
}

/** Where `g` and this key lead. */
function placeOf(key: string, project: string | undefined): string | undefined {
  if (key === 'h') return paths.home()
  if (key === 'n') return paths.now()
  if (project === undefined) return undefined
  if (key === 'f') return paths.features(project)
  return key === 'r' ? paths.rollouts(project) : undefined
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [role="dialog"]') !== null
}
