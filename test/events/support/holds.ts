/** Holds the write lock of the database at `path`: says so, and lets go once its standard input is closed. */
import Sqlite from "better-sqlite3"

const sqlite = new Sqlite(process.argv[2] ?? "")
sqlite.exec("BEGIN IMMEDIATE")
process.stdout.write("held\n")
process.stdin.resume().on("end", () => {
  sqlite.exec("COMMIT")
  sqlite.close()
})
