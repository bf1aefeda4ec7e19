"""Wording of sums: asking for one, saying it, and small stories. Lines after `--` are held out."""

from .wording import parts

# A spoken sum, and the operator it means: first {a}, then {b}.
SPOKEN = parts("""
{a} plus {b}|+
{a} plus {b}|+
{a} and {b} added|+
{a} added to {b}|+
the sum of {a} and {b}|+
{a} minus {b}|-
{a} minus {b}|-
{a} less {b}|-
the difference of {a} and {b}|-
the difference between {a} and {b}|-
{a} times {b}|*
{a} times {b}|*
{a} multiplied by {b}|*
{a} multiplied with {b}|*
{a} x {b}|*
{a} × {b}|*
the product of {a} and {b}|*
{a} divided by {b}|/
{a} divided by {b}|/
{a} over {b}|/
--
{a} and {b} multiplied|*
the sum of {a} plus {b}|+
{a} with {b} added|+
""")

TALES = parts("""
how much do {a} {things} cost at {b} each|*
how much do I pay for {a} {things} at {b} each|*
how much do I pay if I buy {a} {things} for {b} each|*
what do {a} {things} cost if one costs {b}|*
how many {things} are in {a} boxes of {b}|*
how many {things} are there in {a} boxes with {b} each|*
there are {a} boxes with {b} {things} each, how many is that|*
I have {a} boxes of {b} {things}, how many do I have|*
how many {things} do {a} people have if each has {b}|*
how far do I get in {a} hours at {b} km per hour|*
how far do I drive in {a} hours at {b} km per hour|*
I have {a} {things} and get {b} more, how many do I have|+
I have {a} {things} and buy {b} more, how many is that|+
I had {a} {things} and got {b} more, how many do I have now|+
there are {a} {things} here and {b} there, how many are there|+
if I have {a} {things} and you have {b}, how many do we have|+
I paid {a} and then {b}, how much did I pay|+
I had {a} {things} and gave away {b}, how many are left|-
I had {a} {things} and lost {b}, how many are left|-
I had {a} {things} and sold {b}, how many do I have now|-
there were {a} {things} and {b} are gone, how many are left|-
if I have {a} euros and pay {b}, how much is left|-
I have {a} euros and pay {b}, how much do I have left|-
how much does each of {b} people get from {a} euros|/
how much does each get if {b} people share {a} euros|/
{b} people share {a} {things}, how many does each get|/
if {b} people share {a} euros, how much does each get|/
--
how much is left if I had {a} euros and gave away {b}|-
how many {things} do we have if I have {a} and you have {b}|+
I buy {a} {things} for {b} each, how much do I pay|*
there were {a} {things} and I sold {b}, how many are left|-
how many {things} does each get if {b} people share {a}|/
""")

SUMS = parts("""
?what is {e}
?what is {e}
?what is {e}
?what's {e}
?what's {e}
?how much is {e}
?how much is {e}
?how much are {e}
?what does {e} equal
?what does {e} make
?what does {e} give
?what do I get for {e}
?what do I get from {e}
?what do you get for {e}
?what do we get for {e}
?what is the result of {e}
?what's the result of {e}
?what is the result for {e}
?what is the value of {e}
?what's the value of {e}
?what is the answer to {e}
?what's the answer to {e}
?what is the answer for {e}
?what is the total of {e}
?what is the solution of {e}
?what number is {e}
?what number do I get for {e}
?which number is {e}
?how much does {e} give
?how much does {e} make
?how much would {e} be
?how much will {e} be
?how much do I get for {e}
?what does {e} come to
?what would {e} be
?what will {e} be
?{e} is how much
?{e} is what
?{e} makes what
?{e} equals what
?{e} = ?
?how many is {e}
?is there an easy way to get {e}
?can you tell what {e} is
?can you tell how much {e} is
?do you know what {e} is
?do you know how much {e} is
!calculate {e}
!calculate {e}
!calculate this: {e}
!calculate the value of {e}
!calculate the result of {e}
!compute {e}
!compute this: {e}
!compute the value of {e}
!compute the result of {e}
!evaluate {e}
!evaluate the expression {e}
!evaluate this: {e}
!solve {e}
!solve this: {e}
!work out {e}
!work out the value of {e}
!work out how much {e} is
!figure out {e}
!figure out what {e} is
!do the math for {e}
!do the math: {e}
!do the sum {e}
!do this sum: {e}
!do this calculation: {e}
!run the numbers: {e}
!find the value of {e}
!find the result of {e}
!find the answer to {e}
!find out what {e} is
!find out how much {e} is
!use the calculator on {e}
!use the calculator for {e}
!use the calculator: {e}
!work with the numbers {e}
!add up or multiply as needed: {e}
!give the result of {e}
!give me the result of {e}
!give the answer to {e}
!determine {e}
!determine the value of {e}
!tell me what {e} is
!tell me how much {e} is
!tell me what {e} makes
!tell me the result of {e}
!tell me the answer to {e}
!check what {e} is
!check what {e} makes
!check how much {e} is
!get the result for {e}
!get the value of {e}
!say how much {e} is
=the result of {e}
=the result for {e}
=the value of {e}
=the answer to {e}
=the answer for {e}
=the total of {e}
=the solution of {e}
=the solution to {e}
=the outcome of {e}
=a calculation of {e}
={e}
={e}
={e}
--
?what number does {e} make
!work out what {e} would make
!find out what number {e} is
?can you tell what the result of {e} is
=the number that {e} makes
!evaluate {e} and tell me the result
!figure out the answer to {e}
!do the calculation {e}
?how much does {e} come to
!use the calculator to find {e}
=the total for {e}
""")

SUMS_MANY = parts("""
?what is {all}
?what's {all}
?how much is {all}
?how much are {all}
?what are {all}
?what are the results of {all}
?what are the values of {all}
?what do {all} give
?what do {all} make
?what do I get for {all}
!calculate {all}
!calculate these: {all}
!compute {all}
!compute these: {all}
!compute the values of {all}
!evaluate {all}
!evaluate these: {all}
!solve {all}
!work out {all}
!work out these: {all}
!do these sums: {all}
!do the sums {all}
!tell me how much {all} are
!find the results of {all}
=the results of {all}
=the results for {all}
=the values of {all}
=the answers to {all}
={all}
--
?what are the answers to {all}
!work out the values of {all}
!tell me the results of {all}
?how much do {all} make
""")
