/** A part of a variable's value that only a backend can fill in: what the image sets. No variable can have a null byte of its own. */

export const ofImage = (name: string, fallback = ""): string => `\0${name}\0${fallback}\0`

/** With those parts filled in. */
export const filled = (
  variables: Readonly<Record<string, string>>,
  image: Readonly<Record<string, string>>
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      value.replaceAll(/\0([^\0]*)\0([^\0]*)\0/g, (_, of: string, fallback: string) => image[of] ?? fallback)
    ])
  )
