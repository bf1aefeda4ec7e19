"""Frames shared by all requests. Lines after `--` are held out."""

ORDERS = """
please {x}.
please {x}.
{x}, please.
{x}, will you?
{x}, would you?
can you {x}?
can you {x}, please?
can you please {x}?
could you {x}?
could you please {x}?
could you {x} for me?
would you {x}?
would you please {x}?
will you {x}?
I want you to {x}.
I need you to {x}.
I'd like you to {x}.
I would like you to {x}.
I ask you to {x}.
go ahead and {x}.
go and {x}.
just {x}.
just {x}, please.
you should {x} now.
you have to {x}.
you can {x} now.
now {x}.
now please {x}.
then {x}.
let's {x}.
let us {x}.
can you {x} for me?
please {x} for me.
{x} for me.
{x} for me, please.
{x} for us.
time to {x}.
it is time to {x}.
your task: {x}.
your task is to {x}.
your job is to {x}.
your job: {x}.
the task is to {x}.
the next task is to {x}.
task: {x}.
todo: {x}.
job: {x}.
help me {x}.
help me to {x}.
can you help me {x}?
do me a favour and {x}.
be so kind as to {x}.
be so good as to {x}.
kindly {x}.
try to {x}.
can you try to {x}?
I would like to {x}.
I'd like to {x}.
I want to {x}.
I need to {x}.
I have to {x}.
we need to {x}.
we have to {x}.
we want to {x}.
is it possible to {x}?
is it possible for you to {x}?
are you able to {x}?
is there a way to {x}?
any chance you could {x}?
would you be able to {x}?
I'd appreciate it if you would {x}.
would you mind helping me {x}?
it would be great if you could {x}.
it would be nice if you could {x}.
I was hoping you could {x}.
I hope you can {x}.
my boss wants us to {x}.
my boss wants me to {x}.
they want me to {x}.
{x} as soon as you can.
{x} right away.
{x} now.
{x} next.
{x} first.
{x} when you have a moment.
{x} if you can.
I must {x} today.
I must {x} now.
use your tools to {x}.
you may {x} now.
use a tool and {x}.
use the right tool to {x}.
how can I {x}?
how do I {x}?
can I ask you to {x}?
could I ask you to {x}?
could I get you to {x}?
may I ask you to {x}?
next step: {x}.
next: {x}.
first, {x}.
next job for you: {x}.
make sure to {x}.
the plan is to {x}.
somebody has to {x}.
feel free to {x}.
don't forget to {x}.
what I need is this: {x}.
what I want: {x}.
here is what I need: {x}.
{x} and report back.
{x} and tell me what you get.
{x} and give me the result.
--
would you be so kind as to {x}?
I was hoping you would {x} for me.
could you be so good as to {x}?
the next job is to {x}, please.
can you go ahead and {x}?
what I need you to do: {x}.
it would be a great favour if you could {x}.
please help us to {x}.
may I ask you to {x} first?
we would like you to {x} now.
if it is possible, {x}.
"""

QUESTIONS = """
tell me: {x}?
hey, {x}?
hi, {x}?
hello, {x}?
quick question: {x}?
a quick question: {x}?
I have a question: {x}?
my question is: {x}?
here is my question: {x}?
let me ask you something: {x}?
let me ask: {x}?
I want to ask: {x}?
I would like to ask: {x}?
may I ask: {x}?
and {x}?
so {x}?
then {x}?
well, {x}?
OK, {x}?
{x}, please?
please, {x}?
can you tell me this: {x}?
can you tell me, {x}?
could you tell me: {x}?
one question. {x}?
one more question: {x}?
next question: {x}?
question: {x}?
I need to know: {x}?
I want to know: {x}?
I would like to know: {x}?
please answer: {x}?
please answer this: {x}?
answer me this: {x}?
can you find out: {x}?
can you answer this: {x}?
please find out: {x}?
please tell me, {x}?
now, {x}?
now tell me: {x}?
also, {x}?
I forgot: {x}?
I am curious: {x}?
I wonder: {x}?
do you know: {x}?
remind me, {x}?
say, {x}?
any idea: {x}?
{x} exactly?
{x} now?
check this for me: {x}?
help me with this: {x}?
--
could you answer one quick question: {x}?
may I ask you something: {x}?
I have one more question for you. {x}?
so tell me, please: {x}?
now I am curious: {x}?
OK, my next question is: {x}?
"""

THINGS = """
give me {x}.
give me {x}, please.
show me {x}.
show me {x}, please.
I need {x}.
I need {x} now.
I want {x}.
I want {x}, please.
tell me {x}.
tell me {x}, please.
I'd like {x}.
I'd like to see {x}.
I would like {x}.
I would like to have {x}.
I'd like to know {x}.
{x}?
{x}
{x}, please?
{x} for me, please.
could I have {x}?
could I see {x}?
can I have {x}?
can I see {x}?
can I get {x}?
may I have {x}?
may I see {x}?
can you give me {x}?
can you show me {x}?
can you tell me {x}?
could you give me {x}?
could you show me {x}?
could you tell me {x}?
would you give me {x}?
would you show me {x}?
would you tell me {x}?
get me {x}.
I am looking for {x}.
we are looking for {x}.
I want to know {x}.
I want to see {x}.
I want to have {x}.
I need to see {x}.
I need to know {x}.
let me see {x}.
let me have {x}.
let me know {x}.
bring me {x}.
we need {x}.
we want {x}.
we need to know {x}.
can you get {x}?
can you get me {x}?
could you get me {x}?
how about {x}?
find {x}.
find me {x}.
please give me {x}.
please show me {x}.
please tell me {x}.
please find {x}.
please get {x}.
I have to know {x}.
I have to see {x}.
I must have {x}.
I'm asking for {x}.
I ask for {x}.
look for {x}.
do you have {x}?
do you know {x}?
what I want is {x}.
what I need is {x}.
all I need is {x}.
all I want is {x}.
I could use {x}.
hand me {x}.
I am after {x}.
would you have {x}?
fetch {x} for me.
fetch me {x}.
my request: {x}.
it is {x} that I need.
now {x}.
next, {x}.
and {x}?
--
could you find {x} for me?
it is {x} that we are looking for.
would you please get me {x}?
what we need to see is {x}.
{x} is what I want.
{x} is all I need.
I'd like you to show me {x}.
may I ask for {x}?
do you have {x} for me?
"""
