/** What JSON keeps of a decoded body: members that are undefined go. */
import type { JsonObject } from '@flagmarshal/domain/procedure/run'

/** The body as JSON. */
export function jsonObject(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value))
  return json
}
