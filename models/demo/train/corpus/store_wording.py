"""Wording of writing and deleting files. Lines after `--` are held out."""

from .wording import parts

WRITINGS = parts("""
!write "{m}" to {f}
!write "{m}" to the file {f}
!write "{m}" into {f}
!write "{m}" into the file {f}
!write the text "{m}" to {f}
!write the words "{m}" into {f}
!write a file {f}: "{m}"
!write a file {f} with the text "{m}"
!write to {f}: "{m}"
!write into the file {f}: "{m}"
!save "{m}" in {f}
!save "{m}" to {f}
!save "{m}" as {f}
!save "{m}" to the file {f}
!save the text "{m}" in {f}
!save the text "{m}" as {f}
!save a file called {f} with the content "{m}"
!save this to {f}: "{m}"
!store "{m}" in {f}
!store "{m}" in the file {f}
!store the text "{m}" in {f}
!put "{m}" into {f}
!put "{m}" in {f}
!put "{m}" in the file {f}
!put the text "{m}" into {f}
!put the words "{m}" in a file named {f}
!create a file {f} with the text "{m}"
!create a file named {f} with "{m}" in it
!create a file called {f} that says "{m}"
!create the file {f} with the content "{m}"
!create {f} containing "{m}"
!create {f} with "{m}"
!create a new file {f} containing "{m}"
!make a file {f} that says "{m}"
!make a file called {f} with "{m}" in it
!make a new file {f} with the text "{m}"
!make {f} say "{m}"
!note "{m}" in the file {f}
!note in {f}: "{m}"
!add a file {f} with "{m}" in it
!add a file named {f} that contains "{m}"
!keep "{m}" in a file named {f}
!keep the text "{m}" in {f}
!type "{m}" into {f}
!record "{m}" in {f}
!leave "{m}" in {f}
!fill {f} with "{m}"
!fill the file {f} with "{m}"
=a file {f} with the text "{m}"
=a file {f} that says "{m}"
=a file named {f} containing "{m}"
=a new file {f} that contains "{m}"
=a new file called {f} with "{m}" in it
=the text "{m}" in a file {f}
=the text "{m}" saved in {f}
--
!put the text "{m}" in a new file called {f}
!create {f} and write "{m}" into it
!save the words "{m}" to a file named {f}
=a new file {f} with the content "{m}"
!keep this in the file {f}: "{m}"
!write "{m}" and save it as {f}
!make {f} a file that contains "{m}"
""")

DELETIONS = parts("""
!delete {f}
!delete {f}
!delete the file {f}
!delete the file called {f}
!delete this file: {f}
!delete my file {f}
!delete {f} from the disk
!delete {f} now
!remove {f}
!remove {f}
!remove the file {f}
!remove the file named {f}
!remove {f} from the disk
!remove {f} for good
!get rid of {f}
!get rid of the file {f}
!throw away {f}
!throw away the file {f}
!throw {f} away
!throw the file {f} away
!erase {f}
!erase the file {f}
!erase {f} from the disk
!wipe {f} from the disk
!wipe the file {f}
!clean up {f}
!drop the file {f}
!take {f} off the disk
!take the file {f} off the disk
!destroy the file {f}
!destroy {f}
!clear away {f}
!clear the file {f} away
!make {f} go away
!make the file {f} go away
!make sure {f} is deleted
!see that {f} is deleted
!see that the file {f} is removed
!rm {f}
!trash {f}
!trash the file {f}
!bin {f}
?why not delete {f}
?why don't you delete {f}
?can the file {f} be deleted
?can {f} be removed
?can we get rid of {f}
?can we delete {f}
?may {f} be deleted
--
!make sure the file {f} is removed
?may the file {f} be deleted
!throw this file away: {f}
!get rid of my file called {f}
?why not throw {f} away
!delete the file {f} for good
!see that we get rid of {f}
""")
