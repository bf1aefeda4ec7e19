"""Wording of tools nobody has seen. {n} noun, {ns} nouns, {a} attribute, {b} verb, {v} value,
{p}, {q} arguments, {w} second value. Lines after `--` are held out."""

from .wording import parts

LOOKUPS = parts("""
?what is the {a} of the {n} {v}
?what is the {a} of {n} {v}
?what's the {a} of the {n} {v}
?what's the {a} of {n} {v}
?what is the {a} of the {n} called {v}
?what is the {a} of the {n} with the name {v}
?what is the {n} {a} for {v}
?what is the {a} for the {n} {v}
?what {a} does the {n} {v} have
?what {a} does {n} {v} have
?what {a} has the {n} {v}
?which {a} has the {n} {v}
?which {a} does the {n} {v} have
?which {a} does {n} {v} have
?which is the {a} of the {n} {v}
?do you know the {a} of the {n} {v}
?do you know which {a} the {n} {v} has
?can you see the {a} for the {n} {v}
?can you find the {a} of the {n} {v}
?can you look up the {a} of {n} {v}
!find the {a} of the {n} {v}
!find the {a} of {n} {v}
!find the {n} {a} for {v}
!find out the {a} of the {n} {v}
!find out which {a} the {n} {v} has
!find out what {a} {n} {v} has
!look up the {a} of {n} {v}
!look up the {a} of the {n} {v}
!look up the {n} {v} and tell me the {a}
!look for the {a} of the {n} {v}
!check the {a} of the {n} {v}
!check the {a} of {n} {v}
!check the {n} {v} for its {a}
!check which {a} the {n} {v} has
!get the {a} of the {n} {v}
!get the {a} of {n} {v}
!get the {a} for {n} {v}
!get me the {a} of the {n} {v}
!tell me the {a} of the {n} {v}
!tell me the {a} of {n} {v}
!tell me which {a} the {n} {v} has
!tell me what {a} the {n} {v} has
!show me the {a} of the {n} {v}
!see what {a} the {n} {v} has
!see which {a} {n} {v} has
!read the {a} of the {n} {v}
=the {a} of the {n} {v}
=the {a} of the {n} {v}
=the {a} of {n} {v}
=the {a} of the {n} called {v}
=the {n} {a} for {v}
=the {n} {a} of {v}
=the {a} for {n} {v}
=the {a} for the {n} {v}
=the {a} that the {n} {v} has
={n} {v}: {a}
=whatever {a} the {n} {v} has
--
!look up which {a} the {n} {v} has
?can you tell me the {a} of {n} {v}
?do you know what {a} {n} {v} has
!find the {n} {v} and tell me its {a}
!check what {a} the {n} called {v} has
=the {a} for the {n} called {v}
!get the {n} {a} for {v}
?what is the {a} that the {n} {v} has
""")

ACTIONS = parts("""
!{b} the {n} {v}
!{b} the {n} {v}
!{b} the {n} {v}
!{b} {n} {v}
!{b} {n} {v}
!{b} {n} {v} for us
!{b} a {n} called {v}
!{b} a {n} with the name {v}
!{b} a {n}: {v}
!{b} the {n} called {v}
!{b} the {n} named {v}
!{b} the {n} with {p} {v}
!{b} the {n} with the {p} {v}
!{b} the {n} which has the {p} {v}
!{b} the {n} whose {p} is {v}
!{b} the {n} of {v}
!{b} the {n} for {v}
!{b} this {n}: {v}
!{b} one {n}, {p} {v}
!{b} {n} number {v}
!{b} the {n} number {v}
!{b} that {n}: {v}
!{b} our {n} {v}
!{b} my {n} {v}
!{b} my {n} called {v}
!{b} the {n} known as {v}
!quickly {b} the {n} {v}
!see that you {b} the {n} {v}
?can we {b} the {n} {v}
?can I {b} the {n} {v}
?could we {b} the {n} {v}
?may I {b} the {n} {v}
?shall we {b} the {n} {v}
?should we {b} the {n} {v}
?who can {b} the {n} {v}
?why don't you {b} the {n} {v}
?why don't we {b} the {n} {v}
--
!{b} our {n} called {v}
?why don't you {b} my {n} {v}
!{b} the {n} with the name {v}
?can we {b} the {n} known as {v}
!quickly {b} {n} number {v}
?shall we {b} this {n}: {v}
!{b} my {n} named {v}
!{b} a {n} whose {p} is {v}
""")

PAIRS = parts("""
!{b} the {n} {v} with {q} {w}
!{b} the {n} {v} with {q} {w}
!{b} the {n} {v} and use {q} {w}
!{b} the {n} {v} and use the {q} {w}
!{b} {n} {v}, {q} {w}
!{b} {n} {v} with {q} {w}
!{b} {n} {v} with the {q} {w}
!{b} the {n} {v} with the {q} {w}
!{b} the {n} {v} with {w} as {q}
!{b} the {n} {v} with {w} as the {q}
!with {q} {w}, {b} the {n} {v}
!use {q} {w} and {b} the {n} {v}
!use the {q} {w} to {b} the {n} {v}
!{b} the {n} {v} ({q}: {w})
!{b} the {n} {v}, {q}: {w}
!{b} the {n} {v}, {q} = {w}
!{b} a {n} with {p} {v} and {q} {w}
!{b} a {n} with the {p} {v} and the {q} {w}
!{b} the {n} with {p} {v} and {q} {w}
!{b} the {n} with {p} {v}, {q} {w}
!{b} a {n}: {p} {v}, {q} {w}
!{b} the {n} {v} using {q} {w}
!{b} the {n} {v} using the {q} {w}
!{b} the {n} {v}, the {q} is {w}
!{b} the {n} {v}, {q} should be {w}
!{b} the {n} {v}; {q} shall be {w}
!{b} the {n} {v} and make the {q} {w}
!{b} the {n} {v} at {q} {w}
!{b} the {n} {v} by {q} {w}
!{b} my {n} {v} with {q} {w}
!{b} our {n} {v} using {q} {w}
?can we {b} the {n} {v} with {q} {w}
?why don't you {b} the {n} {v} with {q} {w}
--
!{b} my {n} {v} and use {q} {w}
!using {q} {w}, {b} the {n} {v}
!{b} {n} {v}, the {q} should be {w}
?can we {b} {n} {v} using the {q} {w}
!{b} our {n} with {p} {v} and {q} {w}
!{b} the {n} {v} and use {w} as the {q}
""")

SETTINGS = parts("""
!set the {a} of the {n} {v} to {w}
!set the {a} of the {n} {v} to {w}
!set the {a} of {n} {v} to {w}
!set the {n} {a} for {v} to {w}
!set {n} {v} to {a} {w}
!set the {n} {v} to the {a} {w}
!change the {a} of the {n} {v} to {w}
!change the {a} of {n} {v} to {w}
!change the {a} for the {n} {v} to {w}
!change the {n} {v}: {a} {w}
!make the {a} of the {n} {v} {w}
!make {w} the {a} of the {n} {v}
!give the {n} {v} the {a} {w}
!give {n} {v} the {a} {w}
!give the {n} {v} a {a} of {w}
!put the {a} of {n} {v} at {w}
!put the {a} of the {n} {v} to {w}
!update the {n} {v}: {a} {w}
!update the {a} of the {n} {v} to {w}
!turn the {a} of the {n} {v} to {w}
!turn the {a} of {n} {v} to {w}
!adjust the {a} of the {n} {v} to {w}
!adjust {n} {v}: {a} {w}
!bring the {a} of the {n} {v} to {w}
?can you make the {a} of the {n} {v} {w}
?can the {a} of the {n} {v} be {w}
=the {a} of the {n} {v} set to {w}
=the {a} of {n} {v} at {w}
=a {a} of {w} for the {n} {v}
--
!update the {a} for {n} {v} to {w}
!adjust the {a} of {n} {v} to {w}
!make {w} the {a} for {n} {v}
!give {n} {v} a {a} of {w}
?can you put the {a} of the {n} {v} at {w}
!bring {n} {v} to the {a} {w}
""")

PLURAL_LOOKUPS = parts("""
?what is the {a} of the {ns} {all}
?what's the {a} of the {ns} {all}
?what {a} do the {ns} {all} have
?which {a} do the {ns} {all} have
=the {a} of {ns} {all}
=the {a} of the {ns} {all}
=the {a} for the {ns} {all}
=the {n} {a} for {all}
!find the {a} of the {ns} {all}
!find out the {a} of the {ns} {all}
!get the {a} of the {ns} {all}
!get the {n} {a} for {all}
!look up the {a} of the {ns} {all}
!look up the {a} of {ns} {all}
!check the {a} of the {ns} {all}
!tell me the {a} of the {ns} {all}
!see what {a} the {ns} {all} have
--
!tell me which {a} the {ns} {all} have
!look up the {a} for {ns} {all}
?what is the {n} {a} for {all}
!find out what {a} the {ns} {all} have
""")

PLURAL_ACTIONS = parts("""
!{b} the {ns} {all}
!{b} the {ns} {all}
!{b} {all}, all of them {ns}
!{b} these {ns}: {all}
!{b} the following {ns}: {all}
!{b} {ns} {all}
!{b} my {ns} {all}
!{b} our {ns} {all}
!{b} all of these {ns}: {all}
!{b} the {ns} called {all}
!{b} the {ns} named {all}
!{b} the {ns} known as {all}
?can we {b} the {ns} {all}
?can you {b} the {ns} {all}
--
!{b} my {ns} called {all}
?can we {b} these {ns}: {all}
!{b} all of our {ns}: {all}
""")
