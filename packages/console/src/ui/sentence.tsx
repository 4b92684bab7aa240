/** A sentence that the engine or the procedure said, as it is: never shortened, never repainted. */
import type { ReactElement, ReactNode } from 'react'

export function Sentence({ children }: { readonly children: ReactNode }): ReactElement {
  return <p className="fm-sentence">{children}</p>
}
