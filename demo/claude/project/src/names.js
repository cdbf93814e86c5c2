export function fmt(name) {
  return name.trim();
}

export function initials(name) {
  return fmt(name)
    .split(/\s+/)
    .map((part) => part[0].toUpperCase())
    .join("");
}

export function shortName(name) {
  return fmt(name).split(/\s+/)[0];
}
