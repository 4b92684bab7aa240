/** What people see: the same code on the server and in the browser. */
import { useFlag } from '@openfeature/react-sdk'

export function Shop({ user }: { readonly user: string }) {
  const { value: isNew } = useFlag('new-checkout', false)
  return (
    <main>
      <h1>A shop for {user}</h1>
      <button type="button">{isNew ? 'Buy now' : 'Go to the cart'}</button>
    </main>
  )
}
