/** The product's mark. */
import type { ReactElement } from 'react'

export function Mark({ size = 22 }: { readonly size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#16181d" stroke="#4a515c" />
      <path d="M9 6v20" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" />
      <path d="M10 7h14l-3.5 4.5L24 16H10z" fill="#63e6be" />
      <path d="M17 7h7l-3.5 4.5H17zM10 11.5h7V16h-7z" fill="#16181d" opacity=".55" />
    </svg>
  )
}
