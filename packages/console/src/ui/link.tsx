/** A link inside the console: a real address, followed without loading the page anew. */
import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent, ReactElement } from 'react'

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & {
  /** An address from `paths.ts`. */
  readonly to: string
}

export function Link({ to, onClick, ...rest }: LinkProps): ReactElement {
  const router = useRouter()
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event)
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0
    if (event.defaultPrevented || elsewhere || rest.target !== undefined) return
    event.preventDefault()
    router.history.push(to)
  }
  return <a {...rest} href={to} onClick={follow} />
}
